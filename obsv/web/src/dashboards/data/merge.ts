/** Live answers: only the newest part is asked for, and put to what is there. Pure. */

import type { Labels } from '../../lib/types'
import type { Answer, Ask, RawSeries } from './types'

/** Samples may come late by so much, and a rate's newest points change as the next samples come. */
const OVERLAP_S = 90

/** What a query answered, and to which question. */
export interface Kept {
  ask: Ask
  answer: Answer
  /** When all of it was asked for. */
  wholeAtMs: number
}

/** After so long all is asked for anew: a sender that was cut off may have brought older samples. */
const WHOLE_EVERY_MS = 600_000

/** Values that depend on where the range begins or ends cannot be kept. Source: PromQL's `@` modifier and range functions. */
function dependsOnRange(expr: string): boolean {
  return /@\s*(start|end)\s*\(|\b(start|end|range)\s*\(\s*\)/.test(expr)
}

/** The part of a question that what is kept does not answer: all of it, its end, or nothing (null). */
export function missing(kept: Kept | undefined, ask: Ask, nowMs: number): Ask | null {
  if (!kept || ask.at !== 'range' || dependsOnRange(ask.expr)) return ask
  const { ask: before, wholeAtMs } = kept
  const isSame = before.expr === ask.expr && before.stepS === ask.stepS && before.at === ask.at
  const follows = ask.startS >= before.startS && ask.startS <= before.endS && ask.endS >= before.endS
  const isOnGrid = Math.abs(((ask.startS - before.startS) / ask.stepS) % 1) < 1e-9
  if (!isSame || !follows || !isOnGrid || nowMs - wholeAtMs >= WHOLE_EVERY_MS) return ask
  if (ask.endS === before.endS && ask.startS === before.startS) return null
  const steps = Math.ceil(OVERLAP_S / ask.stepS)
  return { ...ask, startS: Math.max(ask.startS, before.endS - steps * ask.stepS) }
}

/** One text for a set of labels. */
export function labelsKey(labels: Labels): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}=${labels[name] ?? ''}`)
    .join('\n')
}

/** Index of the first time that is not before `atS`. */
function firstFrom(times: readonly { valueOf: () => number }[] | readonly number[], atS: number): number {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (Number(times[middle]) < atS) low = middle + 1
    else high = middle
  }
  return low
}

function joined(before: RawSeries | undefined, tail: RawSeries | undefined, fromS: number, tailS: number): RawSeries {
  const old = before ?? { labels: {}, times: [], values: [], histograms: [] }
  const [first, last] = [firstFrom(old.times, fromS), firstFrom(old.times, tailS)]
  return {
    labels: tail?.labels ?? old.labels,
    times: [...old.times.slice(first, last), ...(tail?.times ?? [])],
    values: [...old.values.slice(first, last), ...(tail?.values ?? [])],
    histograms: [...old.histograms.filter(([time]) => time >= fromS && time < tailS), ...(tail?.histograms ?? [])],
  }
}

/** What is kept with its end replaced by a newer one; points and series that fell out of the range are dropped. */
export function merged(kept: Kept, ask: Ask, tailS: number, tail: Answer): Answer {
  const news = new Map(tail.series.map((series) => [labelsKey(series.labels), series]))
  const olds = new Map(kept.answer.series.map((series) => [labelsKey(series.labels), series]))
  const series = [...new Set([...olds.keys(), ...news.keys()])]
    .sort((a, b) => (a < b ? -1 : 1))
    .map((key) => joined(olds.get(key), news.get(key), ask.startS, tailS))
    .filter(({ times, histograms }) => times.length > 0 || histograms.length > 0)
  return { series, notices: tail.notices }
}
