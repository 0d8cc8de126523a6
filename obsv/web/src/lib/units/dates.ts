/** Moments as a unit wants them written, by the clock on the wall. */

import { ago, dated, moment } from '../format'
import { locale, t } from '../i18n'
import { fromWall, wall } from '../wall'
import { zone } from '../zone.svelte'
import type { Unit } from './table'

const two = (value: number): string => String(value).padStart(2, '0')

/** The parts that a pattern may name, longest first where one begins another; of a date whose UTC fields are those on the wall. */
const PARTS: readonly [string, (at: Date) => string][] = [
  ['YYYY', (at) => String(at.getUTCFullYear())],
  ['YY', (at) => two(at.getUTCFullYear() % 100)],
  ['MMMM', (at) => at.toLocaleDateString(locale(), { month: 'long', timeZone: 'UTC' })],
  ['MMM', (at) => at.toLocaleDateString(locale(), { month: 'short', timeZone: 'UTC' })],
  ['MM', (at) => two(at.getUTCMonth() + 1)],
  ['M', (at) => String(at.getUTCMonth() + 1)],
  ['DD', (at) => two(at.getUTCDate())],
  ['D', (at) => String(at.getUTCDate())],
  ['dddd', (at) => at.toLocaleDateString(locale(), { weekday: 'long', timeZone: 'UTC' })],
  ['ddd', (at) => at.toLocaleDateString(locale(), { weekday: 'short', timeZone: 'UTC' })],
  ['HH', (at) => two(at.getUTCHours())],
  ['H', (at) => String(at.getUTCHours())],
  ['hh', (at) => two(at.getUTCHours() % 12 || 12)],
  ['h', (at) => String(at.getUTCHours() % 12 || 12)],
  ['mm', (at) => two(at.getUTCMinutes())],
  ['ss', (at) => two(at.getUTCSeconds())],
  ['SSS', (at) => String(at.getUTCMilliseconds()).padStart(3, '0')],
  ['A', (at) => (at.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['a', (at) => (at.getUTCHours() < 12 ? 'am' : 'pm')],
  ['X', (at) => String(Math.floor(fromWall(at.getTime()) / 1000))],
]
const PART = new RegExp(`\\[([^\\]]*)\\]|${PARTS.map(([name]) => name).join('|')}`, 'g')
const WRITERS = new Map(PARTS)

/** `YYYY-MM-DD HH:mm`, with text in brackets as it is. */
function patterned(at: Date, pattern: string): string {
  return pattern.replace(PART, (part, text: string | undefined) => text ?? WRITERS.get(part)?.(at) ?? part)
}

const PATTERNS = {
  iso: ['YYYY-MM-DD', 'HH:mm:ss'],
  us: ['MM/DD/YYYY', 'h:mm:ss a'],
} as const

/** As the language writes a date and the person's clock the time. */
function local(ms: number, isToday: boolean): string {
  const time = { hour: 'numeric', minute: '2-digit', second: '2-digit', hour12: zone.hasTwelveHours } as const
  return dated(ms, isToday ? time : { day: 'numeric', month: 'numeric', year: 'numeric', ...time })
}

/** A moment, in milliseconds since 1970. */
export function formatDate(ms: number, { style = 'system', today, pattern = '' }: Unit, nowMs: number): string {
  if (Number.isNaN(new Date(ms).getTime())) return t('no date')
  if (style === 'relative') return ms > nowMs ? moment(ms, nowMs) : ago(ms, nowMs)
  if (style === 'system') return moment(ms, nowMs, true)
  const at = wall(ms)
  if (style === 'pattern') return patterned(at, pattern)
  const isToday = today === 'time' && patterned(at, 'YYYY-MM-DD') === patterned(wall(nowMs), 'YYYY-MM-DD')
  if (style === 'local') return local(ms, isToday)
  const [date, time] = PATTERNS[style]
  return patterned(at, isToday ? time : `${date} ${time}`)
}
