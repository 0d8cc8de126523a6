/** Time ranges as the address has them, and the step that a chart of some width needs. Pure. */

export interface Preset {
  from: string
  label: string
}

export const PRESETS: readonly Preset[] = [
  { from: 'now-5m', label: 'Last 5 min' },
  { from: 'now-15m', label: 'Last 15 min' },
  { from: 'now-1h', label: 'Last 1 h' },
  { from: 'now-6h', label: 'Last 6 h' },
  { from: 'now-24h', label: 'Last 24 h' },
  { from: 'now-7d', label: 'Last 7 days' },
  { from: 'now-30d', label: 'Last 30 days' },
]

export const DEFAULT_FROM = 'now-1h'

/** Where to begin with a host that has reported for so many minutes only; undefined for all others. */
export function youngFrom(minutes: number): string | undefined {
  if (minutes <= 5) return 'now-5m'
  return minutes <= 15 ? 'now-15m' : undefined
}

/** A range as asked for: relative to now, or between two moments. */
export type Range = { kind: 'relative'; from: string; lengthMs: number } | { kind: 'absolute'; fromMs: number; toMs: number }

/** A range at one moment. */
export interface Span {
  fromMs: number
  toMs: number
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const LONGEST_MS = 400 * 86_400_000

function relativeMs(from: string): number | undefined {
  const match = /^now-(\d{1,6})([smhdw])$/.exec(from)
  const ms = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? Number.NaN)
  return ms > 0 && ms <= LONGEST_MS ? ms : undefined
}

/** The range that an address asks for; what cannot be read is the last hour. */
export function parseRange(query: URLSearchParams): Range {
  const from = query.get('from') ?? DEFAULT_FROM
  const [fromMs, toMs] = [Number(from), Number(query.get('to') ?? Number.NaN)]
  if (Number.isFinite(fromMs) && Number.isFinite(toMs) && fromMs >= 0 && toMs > fromMs) {
    return { kind: 'absolute', fromMs: Math.round(fromMs), toMs: Math.round(toMs) }
  }
  const lengthMs = relativeMs(from)
  return lengthMs === undefined
    ? { kind: 'relative', from: DEFAULT_FROM, lengthMs: 3_600_000 }
    : { kind: 'relative', from, lengthMs }
}

export function spanAt(range: Range, nowMs: number): Span {
  if (range.kind === 'absolute') return { fromMs: range.fromMs, toMs: range.toMs }
  return { fromMs: nowMs - range.lengthMs, toMs: nowMs }
}

/** What an address says for a range: with `to` only for a fixed one. */
export interface RangeQuery {
  from: string
  to: string | undefined
}

function fixed(fromMs: number, toMs: number): RangeQuery {
  return { from: String(Math.round(fromMs)), to: String(Math.round(toMs)) }
}

/** Half its length earlier (-1) or later (1), but not into the future. */
export function shifted({ fromMs, toMs }: Span, direction: -1 | 1, nowMs: number): RangeQuery {
  const by = Math.min((direction * (toMs - fromMs)) / 2, Math.max(0, nowMs - toMs))
  return fixed(fromMs + by, toMs + by)
}

/** Twice as long: further back from now, or on both sides of a fixed range. */
export function widened(range: Range, nowMs: number): RangeQuery {
  if (range.kind === 'relative') {
    const longer = Math.min(2 * range.lengthMs, LONGEST_MS)
    return { from: `now-${Math.round(longer / 60_000)}m`, to: undefined }
  }
  const length = Math.min(2 * (range.toMs - range.fromMs), LONGEST_MS)
  const toMs = Math.min((range.fromMs + range.toMs + length) / 2, Math.max(nowMs, range.toMs))
  return fixed(toMs - length, toMs)
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

/** How far `rate()` looks back: four steps, and never so little that a slow sender falls through. */
export function rateWindow(stepS: number): string {
  return `${Math.max(120, 4 * stepS)}s`
}

/** A moment as a date field of a form wants it, in the person's zone. */
export function toLocalInput(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}
