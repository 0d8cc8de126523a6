/** The frame of every chart over time: uPlot with our axis of time, a shared crosshair, and what a pointer or keys can do. */

import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Span } from '../lib/time'
import { localDate } from '../lib/wall'
import { paint } from './colours'
import { startPan } from './pan'
import { timeTick } from './scale'

/** Where the pointer is, here or in a chart beside. */
export interface Cursor {
  index: number
  left: number
  top: number
  /** The pointer is over this chart. */
  isOwn: boolean
}

export interface PlotEvents {
  /** Null when it left. */
  onCursor: (cursor: Cursor | null) => void
  /** The series nearest to the pointer, counted from 0. */
  onNearest: (series: number | null) => void
  /** Someone dragged over a part of the time axis, or moved it. */
  onZoom: (span: Span) => void
  onWiden: () => void
}

/** What one kind of chart adds to the frame. */
export interface Drawing {
  series: uPlot.Series[]
  scales: Record<string, uPlot.Scale>
  /** All but the axis of time. */
  axes: uPlot.Axis[]
  bands?: uPlot.Band[]
  /** Between axes and series, and over all. */
  under?: (plot: uPlot) => void
  over?: (plot: uPlot) => void
  /** The pointer has no series to be near to. */
  isCells?: boolean
}

export const FONT = '12px system-ui, sans-serif'
const TIME_AXIS_PX = 28
const MIN_DRAG_PX = 6
const SYNC = 'obsv'

/** How all axes look. */
export function axisLook(): uPlot.Axis {
  return { stroke: paint('muted'), font: FONT, grid: { stroke: paint('line'), width: 1 }, ticks: { show: false } }
}

export interface Size {
  width: number
  height: number
}

export class Plot {
  readonly u: uPlot
  #span: Span
  #events: PlotEvents
  #told = ''
  #isKeyed = false
  #isOver = false
  #stop: () => void = () => undefined

  constructor(element: HTMLElement, drawing: Drawing, data: uPlot.AlignedData, span: Span, size: Size, events: PlotEvents) {
    this.#span = span
    this.#events = events
    this.u = new uPlot(this.#options(drawing, size), data, element)
    // Asking whether it is hovered would make the browser work out styles, which a frame has no time for.
    this.u.over.addEventListener('pointerenter', () => (this.#isOver = true))
    this.u.over.addEventListener('pointerleave', () => (this.#isOver = false))
    this.#stop = startPan(this.u.over, {
      span: () => this.#span,
      width: () => this.u.over.clientWidth,
      moved: (moving) => this.#show(moving),
      done: (moved) => events.onZoom(moved),
    })
  }

  /** New values for the same series. */
  update(data: uPlot.AlignedData, span: Span): void {
    this.#span = span
    this.u.setData(data)
  }

  resize({ width, height }: Size): void {
    if (width > 0 && height > 0 && (width !== this.u.width || height !== this.u.height)) this.u.setSize({ width, height })
  }

  /** Put the crosshair on a time, as the keys do; null takes it away. */
  point(index: number | null): void {
    const time = index === null ? undefined : this.u.data[0][index]
    const left = typeof time === 'number' ? this.u.valToPos(time, 'x') : -10
    this.#isKeyed = typeof time === 'number'
    this.u.setCursor({ left, top: this.#isKeyed ? this.u.over.clientHeight / 2 : -10 })
    this.#isKeyed = false
  }

  redraw(): void {
    this.u.redraw(false)
  }

  destroy(): void {
    this.#stop()
    this.u.destroy()
  }

  #show(span: Span): void {
    this.#span = span
    this.u.setScale('x', { min: span.fromMs / 1000, max: span.toMs / 1000 })
  }

  #options(drawing: Drawing, size: Size): uPlot.Options {
    const { onWiden } = this.#events
    return {
      width: Math.max(size.width, 60),
      height: Math.max(size.height, 40),
      padding: [8, 20, 0, 0],
      legend: { show: false },
      focus: { alpha: 1 },
      tzDate: (seconds) => localDate(seconds * 1000),
      scales: { x: { time: true, range: () => [this.#span.fromMs / 1000, this.#span.toMs / 1000] }, ...drawing.scales },
      series: [{}, ...drawing.series],
      ...(drawing.bands ? { bands: drawing.bands } : {}),
      axes: [this.#timeAxis(), ...drawing.axes],
      cursor: {
        y: false,
        points: drawing.isCells ? { show: false } : { one: true, size: 8 },
        focus: { prox: drawing.isCells ? -1 : 1e6 },
        drag: { x: true, y: false, setScale: false },
        sync: { key: SYNC, setSeries: false, scales: ['x', null], filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' } },
        bind: {
          // With shift held it is the time that moves.
          mousedown: (_, __, begin) => (event) => {
            if (!event.shiftKey) begin(event)
            return null
          },
          dblclick: () => () => {
            onWiden()
            return null
          },
        },
      },
      hooks: {
        setCursor: [(u) => this.#tellCursor(u)],
        setSelect: [(u) => this.#tellZoom(u)],
        setSeries: [(_, index) => this.#events.onNearest(index === null ? null : index - 1)],
        drawAxes: [(u) => drawing.under?.(u)],
        draw: [(u) => drawing.over?.(u)],
      },
    }
  }

  #timeAxis(): uPlot.Axis {
    const look = axisLook()
    return {
      ...look,
      size: TIME_AXIS_PX,
      gap: 8,
      space: 72,
      grid: { show: false },
      values: (_, splits, __, ___, distance) => splits.map((at) => timeTick(at, distance)),
    }
  }

  #tellCursor(u: uPlot): void {
    const { idx = null, left = -1, top = -1 } = u.cursor
    const isOwn = this.#isKeyed || this.#isOver
    const told = `${String(idx)} ${isOwn ? `${left} ${top}` : ''}`
    if (told === this.#told) return
    this.#told = told
    this.#events.onCursor(idx === null || left < 0 ? null : { index: idx, left, top, isOwn })
  }

  #tellZoom(u: uPlot): void {
    const { left, width } = u.select
    if (width < MIN_DRAG_PX) return
    const [from, to] = [u.posToVal(left, 'x'), u.posToVal(left + width, 'x')]
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
    this.#events.onZoom({ fromMs: Math.round(from * 1000), toMs: Math.round(to * 1000) })
  }
}
