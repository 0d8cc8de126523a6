/** A chart in words, for those who do not see it. Pure. */

import { moment } from '../lib/format'
import { t } from '../lib/i18n'
import type { ChartData, Line } from './types'

const TOLD = 8

interface Extremes {
  last: number | null
  max: number | null
  maxAtS: number
}

function extremes({ values }: Line, times: readonly number[]): Extremes {
  const found: Extremes = { last: null, max: null, maxAtS: 0 }
  values.forEach((value, index) => {
    if (value === null) return
    found.last = value
    if (found.max === null || value > found.max) [found.max, found.maxAtS] = [value, times[index] ?? 0]
  })
  return found
}

/** "CPU: user 12 % last, max 61 % at 14:05; …". */
export function summary(title: string, { times, lines }: ChartData, nowMs: number): string {
  if (lines.length === 0) return t('{title}: no data in this time.', { title })
  const told = lines.slice(0, TOLD).map((line) => {
    const { last, max, maxAtS } = extremes(line, times)
    const values = { name: line.name, last: line.format(last), max: line.format(max), time: moment(maxAtS * 1000, nowMs) }
    return max === null ? t('{name} has no values', values) : t('{name} {last} last, max {max} at {time}', values)
  })
  const more = lines.length - TOLD
  if (more > 0) told.push(t('and {n} more', { n: more }))
  return `${title}: ${told.join('; ')}.`
}

/** How many times have a value of at least one line. */
export function pointCount({ times, lines }: ChartData): number {
  return times.filter((_, index) => lines.some(({ values }) => typeof values[index] === 'number')).length
}
