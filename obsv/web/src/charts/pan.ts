/** Moving a chart's time with shift held, or with a finger along it. */

import type { Span } from '../lib/time'

export interface Panned {
  span: () => Span
  width: () => number
  /** While it moves, at most once a frame. */
  moved: (span: Span) => void
  done: (span: Span) => void
}

const MIN_PX = 3

function shifted({ fromMs, toMs }: Span, share: number): Span {
  const by = Math.round((toMs - fromMs) * share)
  return { fromMs: fromMs - by, toMs: toMs - by }
}

/** Listen on a chart; the answer stops it. */
export function startPan(element: HTMLElement, { span, width, moved, done }: Panned): () => void {
  let begin: { x: number; span: Span } | undefined
  let latest: Span | undefined
  let frame = 0

  function onDown(event: PointerEvent): void {
    if (!event.shiftKey || event.button !== 0) return
    event.preventDefault()
    begin = { x: event.clientX, span: span() }
    element.setPointerCapture(event.pointerId)
  }

  function onMove(event: PointerEvent): void {
    if (!begin) return
    const distance = event.clientX - begin.x
    if (!latest && Math.abs(distance) < MIN_PX) return
    latest = shifted(begin.span, distance / Math.max(1, width()))
    frame ||= requestAnimationFrame(() => {
      frame = 0
      if (latest) moved(latest)
    })
  }

  function onUp(): void {
    cancelAnimationFrame(frame)
    frame = 0
    if (latest) done(latest)
    begin = latest = undefined
  }

  function onCancel(): void {
    const start = begin?.span
    begin = latest = undefined
    if (start) moved(start)
  }

  element.addEventListener('pointerdown', onDown)
  element.addEventListener('pointermove', onMove)
  element.addEventListener('pointerup', onUp)
  element.addEventListener('pointercancel', onCancel)
  return () => {
    cancelAnimationFrame(frame)
    element.removeEventListener('pointerdown', onDown)
    element.removeEventListener('pointermove', onMove)
    element.removeEventListener('pointerup', onUp)
    element.removeEventListener('pointercancel', onCancel)
  }
}
