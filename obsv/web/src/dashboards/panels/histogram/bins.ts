/** How often which value came. Pure. */

import { roundStep } from '../../../charts/scale'
import type { Histogram } from '../../model'
import type { PanelSeries } from '../../data/types'

export interface Bins {
  low: number
  width: number
  /** One row a series, or one for all. */
  rows: { key: string; name: string; counts: number[] }[]
}

const USUAL_BINS = 24
const MOST_BINS = 200

function finite({ values, histograms }: PanelSeries): [number, number][] {
  const own = values.filter(Number.isFinite).map((value): [number, number] => [value, 1])
  // Of a native histogram, what it last counted.
  const buckets = histograms.at(-1)?.[1].buckets ?? []
  return [...own, ...buckets.map(([, low, high, count]): [number, number] => [(Number(low) + Number(high)) / 2, Number(count)])]
}

export function binsOf(series: readonly PanelSeries[], { bucket, combine }: Histogram, allName: string): Bins {
  const values = series.map(finite)
  const all = values.flat().map(([value]) => value)
  const [least, most] = [all.reduce((a, b) => Math.min(a, b), Infinity), all.reduce((a, b) => Math.max(a, b), -Infinity)]
  if (all.length === 0) return { low: 0, width: 1, rows: [] }
  const asked = bucket > 0 && (most - least) / bucket <= MOST_BINS ? bucket : 0
  const width = asked || roundStep((most - least) / USUAL_BINS, { kind: 'decimal', seconds: 1, isWhole: false })
  const low = Math.floor(least / width) * width
  const length = Math.floor((most - low) / width) + 1
  const count = (pairs: readonly [number, number][]): number[] => {
    const counts = new Array<number>(length).fill(0)
    for (const [value, weight] of pairs) {
      const place = Math.min(length - 1, Math.floor((value - low) / width))
      counts[place] = (counts[place] ?? 0) + weight
    }
    return counts
  }
  if (combine) return { low, width, rows: [{ key: '', name: allName, counts: count(values.flat()) }] }
  return { low, width, rows: series.map(({ key, name }, index) => ({ key, name, counts: count(values[index] ?? []) })) }
}
