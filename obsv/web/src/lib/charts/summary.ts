/** A chart in words, for those who do not see it. */

import { moment } from '../format'
import { t } from '../i18n'
import type { ChartData, Panel, Series } from './types'
import { formatValue } from './units'

const TOLD = 8

export interface Extremes {
  last: number | null
  max: number | null
  maxAtS: number
}

/** The newest value of a series and its largest; both by size where it is mirrored. */
export function extremes({ values, isMirrored }: Series, times: readonly number[]): Extremes {
  const found: Extremes = { last: null, max: null, maxAtS: 0 }
  values.forEach((value, index) => {
    if (value === null) return
    found.last = value
    const isLarger = found.max === null || (isMirrored ? value < found.max : value > found.max)
    if (isLarger) [found.max, found.maxAtS] = [value, times[index] ?? 0]
  })
  return found
}

/** "CPU: user 12 % now, max 61 % at 14:05; …". */
export function summary(panel: Panel, data: ChartData, nowMs: number): string {
  if (data.series.length === 0) return t('{title}: no data in this time.', { title: panel.title })
  const told = data.series.slice(0, TOLD).map((series) => {
    const { last, max, maxAtS } = extremes(series, data.times)
    const [now, most] = [last, max].map((value) => formatValue(panel.unit, value, series.isMirrored))
    return t('{name} {last} last, max {max} at {time}', { name: series.name, last: now ?? '', max: most ?? '', time: moment(maxAtS * 1000, nowMs) })
  })
  const more = data.series.length - TOLD
  if (more > 0) told.push(t('and {n} more', { n: more }))
  return `${panel.title}: ${told.join('; ')}.`
}
