/** A bar of times, and what it says. Pure. */

import { clockTime, day as dayText, duration } from '../lib/format'
import { t, tn } from '../lib/i18n'
import type { Day } from './api'
import { share } from './words'

interface Bar {
  parts: { ratio: number | null; title: string }[]
  /** For those who do not see it. */
  summary: string
}

const DAY_MS = 86_400_000

function summaryOf(length: string, ratios: readonly (number | null)[]): string {
  const known = ratios.filter((ratio) => ratio !== null)
  if (known.length === 0) return t('{length}: nothing is known.', { length })
  const bad = known.filter((ratio) => ratio < 0.9995).length
  if (bad === 0) return t('{length}: up all the time that is known.', { length })
  return tn(bad, '{length}: down in {n} part of it.', '{length}: down in {n} parts of it.', { length })
}

/** The last 24 hours in so many parts; fewer ratios than that are none. */
export function dayBars(ratios: readonly (number | null)[], parts: number, nowMs: number): Bar {
  const lengthMs = DAY_MS / parts
  const endMs = Math.ceil(nowMs / lengthMs) * lengthMs
  const all = Array.from({ length: parts }, (_, index) => ratios[index] ?? null)
  return {
    parts: all.map((ratio, index) => {
      const fromMs = endMs - (parts - index) * lengthMs
      return { ratio, title: `${clockTime(fromMs)} – ${clockTime(fromMs + lengthMs)}: ${ratio === null ? t('not known') : share(ratio)}` }
    }),
    summary: summaryOf(t('Last 24 hours'), all),
  }
}

/** A day's share of up and down. */
export function ratioOf({ up_s, down_s }: Pick<Day, 'up_s' | 'down_s'>): number | null {
  return up_s + down_s > 0 ? up_s / (up_s + down_s) : null
}

function dayTitle({ day, down_s, maintenance_s, up_s }: Day): string {
  const ratio = ratioOf({ up_s, down_s })
  const told = [ratio === null ? t('not known') : share(ratio)]
  if (down_s >= 1) told.push(t('down for {time}', { time: duration(down_s) }))
  if (maintenance_s >= 1) told.push(t('maintenance for {time}', { time: duration(maintenance_s) }))
  return `${dayText(Date.parse(`${day}T12:00:00Z`))}: ${told.join(', ')}`
}

/** Days, oldest first. */
export function daysBars(days: readonly Day[]): Bar {
  return { parts: days.map((day) => ({ ratio: ratioOf(day), title: dayTitle(day) })), summary: summaryOf(tn(days.length, 'Last {n} day', 'Last {n} days'), days.map(ratioOf)) }
}
