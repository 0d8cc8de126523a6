/** Moments as a unit wants them written. Pure but for the person's zone. */

import { ago, moment } from '../format'
import type { Unit } from './table'

const two = (value: number): string => String(value).padStart(2, '0')

/** The parts that a pattern may name, longest first where one begins another. */
const PARTS: readonly [string, (at: Date) => string][] = [
  ['YYYY', (at) => String(at.getFullYear())],
  ['YY', (at) => two(at.getFullYear() % 100)],
  ['MMMM', (at) => at.toLocaleDateString('en', { month: 'long' })],
  ['MMM', (at) => at.toLocaleDateString('en', { month: 'short' })],
  ['MM', (at) => two(at.getMonth() + 1)],
  ['M', (at) => String(at.getMonth() + 1)],
  ['DD', (at) => two(at.getDate())],
  ['D', (at) => String(at.getDate())],
  ['dddd', (at) => at.toLocaleDateString('en', { weekday: 'long' })],
  ['ddd', (at) => at.toLocaleDateString('en', { weekday: 'short' })],
  ['HH', (at) => two(at.getHours())],
  ['H', (at) => String(at.getHours())],
  ['hh', (at) => two(at.getHours() % 12 || 12)],
  ['h', (at) => String(at.getHours() % 12 || 12)],
  ['mm', (at) => two(at.getMinutes())],
  ['ss', (at) => two(at.getSeconds())],
  ['SSS', (at) => String(at.getMilliseconds()).padStart(3, '0')],
  ['A', (at) => (at.getHours() < 12 ? 'AM' : 'PM')],
  ['a', (at) => (at.getHours() < 12 ? 'am' : 'pm')],
  ['X', (at) => String(Math.floor(at.getTime() / 1000))],
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

/** A moment, in milliseconds since 1970. */
export function formatDate(ms: number, { style = 'system', today, pattern = '' }: Unit, nowMs: number): string {
  const at = new Date(ms)
  if (Number.isNaN(at.getTime())) return 'no date'
  if (style === 'relative') return ms > nowMs ? moment(ms, nowMs) : ago(ms, nowMs)
  if (style === 'system') return moment(ms, nowMs, true)
  if (style === 'pattern') return patterned(at, pattern)
  const isToday = today === 'time' && at.toDateString() === new Date(nowMs).toDateString()
  if (style === 'local') return isToday ? at.toLocaleTimeString() : at.toLocaleString()
  const [date, time] = PATTERNS[style]
  return patterned(at, isToday ? time : `${date} ${time}`)
}
