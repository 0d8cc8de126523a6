/** Where the bars of a trial stand. Pure. */

import type { Firing } from './api'

/** A part of the line, in percent of it. */
export interface Bar {
  kind: 'pending' | 'firing'
  left: number
  width: number
}

/** So that a short one is seen. */
const LEAST = 0.3

export function barsOf(firings: readonly Firing[], startMs: number, endMs: number): Bar[] {
  const length = Math.max(1, endMs - startMs)
  function bar(kind: Bar['kind'], fromMs: number, toMs: number): Bar[] {
    const from = Math.min(Math.max(fromMs, startMs), endMs)
    const width = Math.max(LEAST, (100 * (Math.min(toMs, endMs) - from)) / length)
    return toMs < fromMs ? [] : [{ kind, left: Math.min((100 * (from - startMs)) / length, 100 - width), width }]
  }
  return firings.flatMap(({ active_at_ms, fired_at_ms, ended_at_ms }) => {
    if (!fired_at_ms) return bar('pending', active_at_ms, ended_at_ms)
    const before = fired_at_ms > active_at_ms ? bar('pending', active_at_ms, fired_at_ms) : []
    return [...before, ...bar('firing', fired_at_ms, ended_at_ms)]
  })
}
