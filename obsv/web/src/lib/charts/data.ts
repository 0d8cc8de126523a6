/** From a Prometheus matrix to columns on one grid of times. Pure. */

import type { MatrixSeries } from '../types'
import { assignColours, REFERENCE_COLOUR } from './colours'
import type { ChartData, Panel, Series } from './types'

function column(series: MatrixSeries, startS: number, stepS: number, length: number, sign: number): (number | null)[] {
  const values: (number | null)[] = new Array<number | null>(length).fill(null)
  for (const [time, text] of series.values) {
    const index = Math.round((time - startS) / stepS)
    const value = Number(text)
    // NaN and the infinities have no place on an axis; there is a gap instead.
    if (index >= 0 && index < length && Number.isFinite(value)) values[index] = sign * value
  }
  return values
}

function place(order: readonly string[], name: string): number {
  const index = order.indexOf(name)
  return index === -1 ? order.length : index
}

export interface Grid {
  startS: number
  endS: number
  stepS: number
}

/** The answers to a panel's queries, in the order of its targets, as one chart; `colours` keeps each series' own. */
export function chartData(panel: Panel, answers: readonly MatrixSeries[][], grid: Grid, colours: Map<string, number>): ChartData {
  const { startS, endS, stepS } = grid
  const length = Math.max(0, Math.round((endS - startS) / stepS) + 1)
  const times = Array.from({ length }, (_, index) => startS + index * stepS)
  const order = panel.order ?? []
  const found: Omit<Series, 'colour'>[] = answers.flatMap((answer, index) => {
    const target = panel.targets[index]
    if (!target) return []
    const isMirrored = target.isMirrored ?? false
    return answer.map((series) => ({
      name: target.name(series.metric),
      isMirrored,
      isReference: target.isReference ?? false,
      values: column(series, startS, stepS, length, isMirrored ? -1 : 1),
    }))
  })
  const named = found.filter((series) => series.values.some((value) => value !== null))
  named.sort((a, b) => place(order, a.name) - place(order, b.name) || a.name.localeCompare(b.name, 'en', { numeric: true }))
  const measured = named.filter((series) => !series.isReference)
  assignColours(colours, measured.map((series) => series.name), order)
  return { times, series: named.map((series) => ({ ...series, colour: colours.get(series.name) ?? REFERENCE_COLOUR })) }
}

/** How many times have a value of at least one series. */
export function pointCount({ times, series }: ChartData): number {
  return times.filter((_, index) => series.some(({ values }) => typeof values[index] === 'number')).length
}

/** Each series on top of those before it; what is drawn, while legend and table keep the values themselves. */
export function stacked(series: readonly Series[]): (number | null)[][] {
  const totals: number[] = []
  return series.map(({ values }) =>
    values.map((value, index) => {
      if (value === null) return null
      totals[index] = (totals[index] ?? 0) + value
      return totals[index]
    }),
  )
}
