/** One drawn chart: uPlot, set up as our charts are. */

import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Span } from '../time'
import { localDate } from '../wall'
import { COLOURS } from './colours'
import { stacked } from './data'
import { timeTick, valueRange, valueTicks } from './scale'
import type { ChartData, Panel, Series } from './types'
import { formatValue } from './units'

export interface PlotEvents {
  /** The index under the pointer, here or in a chart beside; null when it left. */
  onCursor: (index: number | null) => void
  /** Someone dragged over a part of the time axis. */
  onZoom: (span: Span) => void
}

const HEIGHT = 180
const LEFT_AXIS = 68
const MIN_DRAG_PX = 6
const FONT = '12px system-ui, sans-serif'

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

function lineOf(series: Series, isStacked: boolean): uPlot.Series {
  const colour = token(`--s${(series.colour % COLOURS) + 1}`)
  return {
    label: series.name,
    stroke: colour,
    width: series.isReference ? 1 : 1.5,
    // The palette has six-digit colours; two more are the opacity.
    ...(isStacked ? { fill: `${colour}59` } : series.isMirrored ? { fill: `${colour}1f` } : {}),
    ...(series.colour >= COLOURS ? { dash: [6, 4] } : {}),
    points: { size: 5 },
  }
}

function columns(panel: Panel, data: ChartData): uPlot.AlignedData {
  const values = panel.isStacked ? stacked(data.series) : data.series.map((series) => series.values)
  return [data.times, ...values]
}

export class Plot {
  #plot: uPlot
  #panel: Panel
  #span: Span
  #shown = ''

  constructor(element: HTMLElement, panel: Panel, data: ChartData, span: Span, width: number, events: PlotEvents) {
    this.#panel = panel
    this.#span = span
    this.#plot = new uPlot(this.#options(data, width, events), columns(panel, data), element)
  }

  /** New values for the same series. */
  update(data: ChartData, span: Span): void {
    this.#span = span
    this.#plot.setData(columns(this.#panel, data))
  }

  resize(width: number): void {
    if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT })
  }

  destroy(): void {
    this.#plot.destroy()
  }

  #options(data: ChartData, width: number, events: PlotEvents): uPlot.Options {
    const panel = this.#panel
    const isStacked = panel.isStacked ?? false
    return {
      width: Math.max(width, 100),
      height: HEIGHT,
      padding: [8, 20, 0, 0],
      legend: { show: false },
      tzDate: (seconds) => localDate(seconds * 1000),
      scales: {
        x: { time: true, range: () => [this.#span.fromMs / 1000, this.#span.toMs / 1000] },
        y: { range: (_, min, max) => valueRange(panel, min, max) },
      },
      series: [{}, ...data.series.map((series) => lineOf(series, isStacked))],
      // A band fills from one line down to the one before; the first fills to zero by itself.
      bands: isStacked ? data.series.slice(1).map((_, index) => ({ series: [index + 2, index + 1] as [number, number] })) : [],
      axes: this.#axes(),
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        sync: { key: 'obsv', setSeries: false, filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' } },
        // Going back is the browser's business.
        bind: { dblclick: () => null },
      },
      hooks: {
        setCursor: [(plot) => this.#tellCursor(plot, events)],
        setSelect: [(plot) => this.#tellZoom(plot, events)],
      },
    }
  }

  #axes(): uPlot.Axis[] {
    const { unit } = this.#panel
    const look: uPlot.Axis = {
      stroke: token('--muted'),
      font: FONT,
      grid: { stroke: token('--line'), width: 1 },
      ticks: { show: false },
    }
    return [
      { ...look, size: 30, gap: 8, space: 72, grid: { show: false }, values: (_, splits, _axis, _space, distance) => splits.map((at) => timeTick(at, distance)) },
      {
        ...look,
        size: LEFT_AXIS,
        splits: (_, _axis, min, max) => valueTicks(this.#panel, min, max),
        values: (_, splits) => splits.map((value) => formatValue(unit, Math.abs(value))),
      },
    ]
  }

  #tellCursor(plot: uPlot, events: PlotEvents): void {
    const index = plot.cursor.idx ?? null
    const told = String(index)
    if (told === this.#shown) return
    this.#shown = told
    events.onCursor(index)
  }

  #tellZoom(plot: uPlot, events: PlotEvents): void {
    const { left, width } = plot.select
    if (width < MIN_DRAG_PX) return
    const [from, to] = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
    events.onZoom({ fromMs: Math.round(from * 1000), toMs: Math.round(to * 1000) })
  }
}
