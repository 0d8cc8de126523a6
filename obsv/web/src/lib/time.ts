/** Time ranges as the address has them, and the step that a chart of some width needs. */

import { words } from './i18n'
import { fromWall, wall } from './wall'

export interface Preset {
  from: string
  /** Now, if there is none. */
  to?: string
  label: string
}

export const PRESETS: readonly Preset[] = [
  { from: 'now-5m', label: words('Last 5 min') },
  { from: 'now-15m', label: words('Last 15 min') },
  { from: 'now-1h', label: words('Last 1 h') },
  { from: 'now-6h', label: words('Last 6 h') },
  { from: 'now-24h', label: words('Last 24 h') },
  { from: 'now-7d', label: words('Last 7 days') },
  { from: 'now-30d', label: words('Last 30 days') },
  { from: 'now/d', label: words('Today so far') },
  { from: 'now-1d/d', to: 'now-1d/d', label: words('Yesterday') },
]

export const DEFAULT_FROM = 'now-1h'

/** Where to begin with a host that has reported for so many minutes only; undefined for all others. */
export function youngFrom(minutes: number): string | undefined {
  if (minutes <= 5) return 'now-5m'
  return minutes <= 15 ? 'now-15m' : undefined
}

/** A range as asked for: its ends as texts, which may move with the clock. */
export interface Range {
  from: string
  to: string
  isMoving: boolean
}

/** A range at one moment. */
export interface Span {
  fromMs: number
  toMs: number
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
/** By the calendar: a day with a change of the clock has 23 or 25 hours. */
const CALENDAR = new Set(['d', 'w', 'M', 'y'])
const LONGEST_MS = 400 * 86_400_000
const LATEST_MS = 8.64e15
const MOVING = /^now((?:[-+]\d{1,6}[smhdwMy])*)(?:\/([hdwMy]))?$/

/** So much later by the clock that runs on, or by the calendar. */
function plus(ms: number, amount: number, unit: string): number {
  if (!CALENDAR.has(unit)) return ms + amount * (UNITS_MS[unit] ?? 0)
  const at = wall(ms)
  if (unit === 'M') at.setUTCMonth(at.getUTCMonth() + amount)
  else if (unit === 'y') at.setUTCFullYear(at.getUTCFullYear() + amount)
  else at.setTime(at.getTime() + amount * (UNITS_MS[unit] ?? 0))
  return fromWall(at.getTime())
}

/** The beginning of the hour, day, week (Monday), month or year. */
function beginning(ms: number, unit: string): number {
  const at = wall(ms)
  at.setUTCMinutes(0, 0, 0)
  if (unit !== 'h') at.setUTCHours(0)
  if (unit === 'w') at.setUTCDate(at.getUTCDate() - ((at.getUTCDay() + 6) % 7))
  if (unit === 'M' || unit === 'y') at.setUTCDate(1)
  if (unit === 'y') at.setUTCMonth(0)
  return fromWall(at.getTime())
}

function movingMs(text: string, nowMs: number, isEnd: boolean): number | undefined {
  const match = MOVING.exec(text)
  if (!match) return undefined
  let at = nowMs
  for (const [, amount, unit = ''] of (match[1] ?? '').matchAll(/([-+]\d+)(\w)/g)) at = plus(at, Number(amount), unit)
  const whole = match[2]
  if (whole === undefined) return at
  const start = beginning(at, whole)
  return isEnd ? plus(start, 1, whole) - 1 : start
}

const ISO = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?$/

/** An ISO date, by the clock on the wall unless it names its offset; not a number if it is none. */
function isoMs(text: string): number {
  if (ISO.test(text)) return fromWall(Date.parse(text.includes('T') ? `${text}Z` : text))
  return /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN
}

/** `now-6h`, `now/d`, milliseconds since 1970, or an ISO date; undefined if it is none of these. */
function momentOf(text: string, nowMs: number, isEnd: boolean): number | undefined {
  const ms = /^\d+$/.test(text) ? Number(text) : (movingMs(text, nowMs, isEnd) ?? isoMs(text))
  return Number.isFinite(ms) && Math.abs(ms) < LATEST_MS ? ms : undefined
}

/** The range between two texts; undefined if one cannot be read, or if it would end before it begins. */
export function rangeOf(from: string, to: string): Range | undefined {
  const isMoving = from.startsWith('now') || to.startsWith('now')
  const [fromMs, toMs] = [momentOf(from, Date.now(), false), momentOf(to, Date.now(), true)]
  if (fromMs === undefined || toMs === undefined || toMs <= fromMs || toMs - fromMs > LONGEST_MS) return undefined
  return { from, to, isMoving }
}

/** The range that an address asks for; what cannot be read is the usual one. */
export function parseRange(query: URLSearchParams, usual = { from: DEFAULT_FROM, to: 'now' }): Range {
  const from = query.get('from')
  const asked = from === null ? undefined : rangeOf(from, query.get('to') ?? 'now')
  return asked ?? rangeOf(usual.from, usual.to) ?? { from: DEFAULT_FROM, to: 'now', isMoving: true }
}

export function spanAt({ from, to }: Range, nowMs: number): Span {
  return { fromMs: momentOf(from, nowMs, false) ?? nowMs, toMs: momentOf(to, nowMs, true) ?? nowMs }
}

/** What an address says for a range: with `to` only where it is not now. */
export interface RangeQuery {
  from: string
  to: string | undefined
}

export function fixedQuery({ fromMs, toMs }: Span): RangeQuery {
  return { from: String(Math.round(fromMs)), to: String(Math.round(toMs)) }
}

/** Half its length earlier (-1) or later (1), but not into the future. */
export function shifted({ fromMs, toMs }: Span, direction: -1 | 1, nowMs: number): RangeQuery {
  const by = Math.min((direction * (toMs - fromMs)) / 2, Math.max(0, nowMs - toMs))
  return fixedQuery({ fromMs: fromMs + by, toMs: toMs + by })
}

/** Twice as long: further back from now, or on both sides of a fixed range. */
export function widened(range: Range, nowMs: number): RangeQuery {
  const { fromMs, toMs } = spanAt(range, nowMs)
  const length = Math.min(2 * (toMs - fromMs), LONGEST_MS)
  if (range.to === 'now') return { from: `now-${Math.round(length / 60_000)}m`, to: undefined }
  const end = Math.min((fromMs + toMs + length) / 2, Math.max(nowMs, toMs))
  return fixedQuery({ fromMs: end - length, toMs: end })
}

/** Half as long, around the middle; from nearer to now if it ends there. */
export function narrowed(range: Range, nowMs: number): RangeQuery {
  const { fromMs, toMs } = spanAt(range, nowMs)
  const length = Math.max((toMs - fromMs) / 2, 10_000)
  if (range.to === 'now') return { from: `now-${Math.round(length / 1000)}s`, to: undefined }
  const middle = (fromMs + toMs) / 2
  return fixedQuery({ fromMs: middle - length / 2, toMs: middle + length / 2 })
}

/** `90s`, `5m`, `1h30m`, or seconds, in seconds; undefined if it is none. Source: Prometheus' durations. */
export function durationS(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  if (!/^(\d+(ms|[smhdwy]))+$/.test(text)) return undefined
  let seconds = 0
  for (const [, amount, unit = ''] of text.matchAll(/(\d+)(ms|[smhdwy])/g)) {
    const ms = unit === 'ms' ? 1 : unit === 'y' ? 365 * 86_400_000 : (UNITS_MS[unit] ?? 0)
    seconds += (Number(amount) * ms) / 1000
  }
  return seconds
}

/** A whole number of seconds as a duration: `90s`, `5m`, `1h`. */
export function durationText(seconds: number): string {
  for (const [unit, length] of [['d', 86_400], ['h', 3600], ['m', 60]] as const) {
    if (seconds >= length && seconds % length === 0) return `${seconds / length}${unit}`
  }
  return Number.isInteger(seconds) ? `${seconds}s` : `${Math.round(seconds * 1000)}ms`
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]
const MIN_STEP_S = 5
const PIXELS_PER_POINT = 1.5

/** The step, in seconds, that gives a chart about as many points as it can show. */
export function stepFor(span: Span, widthPx: number): number {
  const points = Math.max(50, widthPx / PIXELS_PER_POINT)
  const exact = (span.toMs - span.fromMs) / 1000 / points
  return Math.max(MIN_STEP_S, STEPS_S.find((step) => step >= exact) ?? Math.ceil(exact / 86_400) * 86_400)
}

/** The same span on the step's grid, so that a chart drawn again a little later has the same points. */
export function aligned(span: Span, stepS: number): Span {
  const step = stepS * 1000
  return { fromMs: Math.ceil(span.fromMs / step) * step, toMs: Math.floor(span.toMs / step) * step }
}

const LEAST_RATE_S = 120
const SLOW_SENDER_S = 30

/** How far `rate()` looks back, in seconds: a step and what a slow sender adds, and never so little that it falls through. */
export function rateWindowS(stepS: number): number {
  return Math.max(LEAST_RATE_S, stepS + SLOW_SENDER_S)
}

/** A moment as a date field of a form wants it, in the person's zone. */
export function toLocalInput(ms: number): string {
  return wall(ms).toISOString().slice(0, 16)
}

/** What such a field says; not a number if it is empty. */
export function fromLocalInput(text: string): number {
  return isoMs(text)
}
