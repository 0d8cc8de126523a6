/** Counts by bucket and time. Pure. */

import { grouped } from '../../../lib/grouped'
import type { Heatmap } from '../../model'
import type { PanelData, PanelSeries } from '../../data/types'
import { column, timesOf } from '../timeseries/chart'

/** Between two values; the lower one is outside. */
export interface Bucket {
  low: number
  high: number
}

export interface Cells {
  times: readonly number[]
  /** From below. */
  buckets: Bucket[]
  /** By bucket, then by time. */
  counts: (number | null)[][]
  max: number
}

const MOST_BUCKETS = 48
const VALUE_BUCKETS = 24

function boundary(text: string | undefined): number {
  return text === '+Inf' ? Infinity : Number(text)
}

/** Classic buckets count all below their bound, so each is what it has more than the one before. */
function classicCells(series: readonly PanelSeries[], times: readonly number[], stepS: number): Omit<Cells, 'max'> {
  const byBound = grouped(series, ({ labels }) => boundary(labels.le))
  const bounds = [...byBound.keys()].filter((bound) => !Number.isNaN(bound)).sort((a, b) => a - b)
  const sums = bounds.map((bound) => summed((byBound.get(bound) ?? []).map((one) => column(one, times, stepS)), times.length))
  return {
    times,
    buckets: bounds.map((high, index) => ({ low: bounds[index - 1] ?? (high > 0 ? 0 : -Infinity), high })),
    counts: sums.map((row, index) => row.map((count, at) => (count === null ? null : Math.max(0, count - (sums[index - 1]?.[at] ?? 0))))),
  }
}

function summed(columns: readonly (number | null)[][], length: number): (number | null)[] {
  return Array.from({ length }, (_, at) => columns.reduce<number | null>((sum, one) => (one[at] == null ? sum : (sum ?? 0) + one[at]), null))
}

/** Native histograms have buckets of their own each time; equal ones are added up. */
function nativeCells(series: readonly PanelSeries[], times: readonly number[], stepS: number): Omit<Cells, 'max'> {
  const found = new Map<string, Bucket & { row: (number | null)[] }>()
  const first = times[0] ?? 0
  for (const [time, { buckets = [] }] of series.flatMap(({ histograms }) => histograms)) {
    const at = Math.round((time - first) / stepS)
    for (const [, low, high, count] of buckets) {
      const key = `${low} ${high}`
      const bucket = found.get(key) ?? { low: Number(low), high: Number(high), row: new Array<number | null>(times.length).fill(null) }
      if (at >= 0 && at < times.length) bucket.row[at] = (bucket.row[at] ?? 0) + Number(count)
      found.set(key, bucket)
    }
  }
  const sorted = [...found.values()].sort((a, b) => a.low - b.low)
  return { times, buckets: sorted.map(({ low, high }) => ({ low, high })), counts: sorted.map(({ row }) => row) }
}

/** Bounds of so many buckets, as far from each other, or each so many times the one before. */
function boundsFor(low: number, high: number, isLog: boolean): number[] {
  const shares = Array.from({ length: VALUE_BUCKETS + 1 }, (_, index) => index / VALUE_BUCKETS)
  return isLog && low > 0 ? shares.map((share) => low * (high / low) ** share) : shares.map((share) => low + (high - low) * share)
}

function valueCells(series: readonly PanelSeries[], times: readonly number[], stepS: number, isLog: boolean): Omit<Cells, 'max'> {
  const columns = series.map((one) => column(one, times, stepS))
  const values = columns.flat().filter((value): value is number => value !== null && (!isLog || value > 0))
  if (values.length === 0) return { times, buckets: [], counts: [] }
  const low = values.reduce((a, b) => Math.min(a, b))
  const high = values.reduce((a, b) => Math.max(a, b))
  const bounds = boundsFor(low, high > low ? high : low + 1, isLog)
  const counts = Array.from({ length: VALUE_BUCKETS }, () => new Array<number | null>(times.length).fill(null))
  for (const one of columns) {
    one.forEach((value, at) => {
      if (value === null) return
      const place = Math.min(VALUE_BUCKETS - 1, Math.max(0, bounds.findLastIndex((bound) => value >= bound)))
      const row = counts[place]
      if (row) row[at] = (row[at] ?? 0) + 1
    })
  }
  return { times, buckets: counts.map((_, index) => ({ low: bounds[index] ?? 0, high: bounds[index + 1] ?? 0 })), counts }
}

/** Neighbours together, until there are few enough to be seen. */
function merged({ times, buckets, counts }: Omit<Cells, 'max'>): Omit<Cells, 'max'> {
  const size = Math.ceil(buckets.length / MOST_BUCKETS)
  if (size <= 1) return { times, buckets, counts }
  const starts = Array.from({ length: Math.ceil(buckets.length / size) }, (_, index) => index * size)
  return {
    times,
    buckets: starts.map((from) => ({ low: buckets[from]?.low ?? 0, high: buckets[Math.min(buckets.length, from + size) - 1]?.high ?? 0 })),
    counts: starts.map((from) => summed(counts.slice(from, from + size), times.length)),
  }
}

export function cellsOf(data: PanelData, view: Heatmap): Cells {
  const { series, stepS } = data
  const times = timesOf(data)
  const isNative = series.some(({ histograms }) => histograms.length > 0)
  const isClassic = !isNative && view.source !== 'values' && series.some(({ labels }) => labels.le !== undefined)
  const cells = isNative
    ? nativeCells(series, times, stepS)
    : isClassic
      ? classicCells(series, times, stepS)
      : valueCells(series, times, stepS, view.y_scale !== 'linear')
  const whole = merged(cells)
  return { ...whole, max: whole.counts.flat().reduce<number>((most, count) => Math.max(most, count ?? 0), 0) }
}
