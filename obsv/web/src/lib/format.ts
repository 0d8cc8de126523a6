/** Numbers and times as people read them, by the language: three significant digits, SI for rates, IEC for memory. */

import { locale, pointed, t } from './i18n'
import { wall } from './wall'
import { zone } from './zone.svelte'

const NARROW = '\u00a0'
const NOTHING = '–'

type Value = number | null | undefined

function isNumber(value: Value): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** At most three significant digits, without a grouping that would look like a decimal sign. */
export function digits(value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 0.0095) return pointed(String(Number(value.toPrecision(2))))
  const places = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.095 ? 2 : 3
  return pointed(String(Number(value.toFixed(places))))
}

function scaled(value: number, base: number, prefixes: readonly string[]): [string, string] {
  let [rest, index] = [value, 0]
  // 999.5 would be told as 1000 of the smaller unit.
  while (Math.abs(rest) >= base - base / 2000 && index < prefixes.length - 1) {
    rest /= base
    index += 1
  }
  return [digits(rest), prefixes[index] ?? '']
}

const SI = ['', 'k', 'M', 'G', 'T', 'P']
const IEC = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi']

/** 1230000, "B/s" -> "1.23 MB/s". */
export function si(value: Value, unit: string): string {
  if (!isNumber(value)) return NOTHING
  const [number, prefix] = scaled(value, 1000, SI)
  return number + NARROW + prefix + unit
}

/** Bytes of memory or disk: "1.5 GiB". */
export function iec(value: Value): string {
  if (!isNumber(value)) return NOTHING
  const [number, prefix] = scaled(value, 1024, IEC)
  return `${number}${NARROW}${prefix}B`
}

/** A ratio as "12.3 %". */
export function percent(ratio: Value): string {
  return isNumber(ratio) ? `${digits(ratio * 100)}${NARROW}%` : NOTHING
}

/** A ratio as "12.0 %": in a column, where the points stand below each other. */
export function columnPercent(ratio: Value): string {
  return isNumber(ratio) ? `${pointed((ratio * 100).toFixed(1))}${NARROW}%` : NOTHING
}

/** A plain number; large ones with a prefix. */
export function count(value: Value): string {
  if (!isNumber(value)) return NOTHING
  const [number, prefix] = scaled(value, 1000, SI)
  return prefix ? number + NARROW + prefix : number
}

export function celsius(value: Value): string {
  return isNumber(value) ? `${digits(value)}${NARROW}°C` : NOTHING
}

/** How long something took: "123 ms", "1.2 s". */
export function seconds(value: Value): string {
  if (!isNumber(value)) return NOTHING
  return value < 0.9995 ? `${digits(value * 1000)}${NARROW}ms` : `${digits(value)}${NARROW}s`
}

/** A length of time in its two largest units: "3 d 4 h". */
export function duration(seconds: Value): string {
  if (!isNumber(seconds)) return NOTHING
  const whole = Math.max(0, Math.floor(seconds))
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  if (first === -1) return `0${NARROW}s`
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${NARROW}${unit}`)
    .join(' ')
}

export function ago(thenMs: number, nowMs: number): string {
  const seconds = (nowMs - thenMs) / 1000
  return seconds < 5 ? t('just now') : t('{length} ago', { length: duration(seconds).split(' ')[0] ?? '' })
}

/** "14:05", "Mon 14:05" or "23 Nov 14:05", by distance; with seconds if asked. */
export function moment(ms: number, nowMs: number, withSeconds = false): string {
  const time = clockTime(ms, withSeconds)
  if (wall(ms).toISOString().slice(0, 10) === wall(nowMs).toISOString().slice(0, 10)) return time
  if (Math.abs(nowMs - ms) < 6 * 86_400_000) return `${dated(ms, { weekday: 'short' })} ${time}`
  return `${day(ms, nowMs)} ${time}`
}

/** "14:05", or "2:05 pm" where the clock has twelve hours. */
export function clockTime(ms: number, withSeconds = false): string {
  const at = wall(ms)
  const hours = at.getUTCHours()
  const rest = [at.getUTCMinutes(), ...(withSeconds ? [at.getUTCSeconds()] : [])].map(two)
  if (!zone.hasTwelveHours) return [two(hours), ...rest].join(':')
  return `${[hours % 12 || 12, ...rest].join(':')}${NARROW}${hours < 12 ? t('am') : t('pm')}`
}

function two(part: number): string {
  return String(part).padStart(2, '0')
}

const writers = new Map<string, Intl.DateTimeFormat>()

/** Parts of a moment, in the language's words and order. */
export function dated(ms: number, parts: Intl.DateTimeFormatOptions): string {
  const key = `${locale()} ${JSON.stringify(parts)}`
  let writer = writers.get(key)
  if (!writer) {
    writer = new Intl.DateTimeFormat(locale(), { ...parts, timeZone: 'UTC' })
    writers.set(key, writer)
  }
  return writer.format(wall(ms))
}

/** "23 Nov", with the year if it is another one. */
export function day(ms: number, nowMs = Date.now()): string {
  const isThisYear = wall(ms).getUTCFullYear() === wall(nowMs).getUTCFullYear()
  return dated(ms, { day: 'numeric', month: 'short', ...(isThisYear ? {} : { year: 'numeric' }) })
}
