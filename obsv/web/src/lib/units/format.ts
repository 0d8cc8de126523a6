/** Values as people read them, by unit: at most three significant digits unless a number of decimals is set. */

import { digits } from '../format'
import { locale, pointed, t, words } from '../i18n'
import { formatDate } from './dates'
import { unitOf, type Unit } from './table'

/** The number apart from what stands around it, so that a stat can set it larger. */
export interface Written {
  prefix: string
  number: string
  suffix: string
}

const NARROW = '\u00a0'
const SI = ['f', 'p', 'n', 'µ', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']
const SI_ONE = SI.indexOf('')
const IEC = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi']
const COUNT = ['', 'K', 'M', words('B'), words('T')]
const SHORT = ['', 'K', words('Mil'), words('Bil'), words('Tri'), words('Quadr'), words('Quint'), words('Sext'), words('Sept')]
const TIMES: readonly [number, string][] = [
  [1e-9, 'ns'],
  [1e-6, 'µs'],
  [1e-3, 'ms'],
  [1, 's'],
  [60, 'min'],
  [3600, 'h'],
  [86_400, 'd'],
  [31_536_000, words('y')],
]
const WORDS = ['d', 'h', 'min', 's']
// Nobody counts in millibytes, or in thousandths of what has no unit.
const WHOLE = /^$|^[Bb]|^p\/s/

function rounded(value: number, decimals: number | null): string {
  return decimals === null ? digits(value) : pointed(value.toFixed(decimals))
}

interface Steps {
  base: number
  names: readonly string[]
  /** In which step the value is given. */
  at: number
  /** The least step. */
  least?: number
}

/** Steps a value through names, each `base` times the one before. */
function stepped(value: number, { base, names, at, least = 0 }: Steps, decimals: number | null): [string, string] {
  let [rest, index] = [value, at]
  // What would be told as 1000 is one of the next step.
  while (Math.abs(rest) >= base - base / 2000 && index < names.length - 1) [rest, index] = [rest / base, index + 1]
  while (rest !== 0 && Math.abs(rest) < 1 - 1 / 2000 && index > least) [rest, index] = [rest * base, index - 1]
  return [rounded(rest, decimals), names[index] ?? '']
}

/** With the step's name in the language. */
function named([number, step]: [string, string]): [string, string] {
  return [number, step && t(step)]
}

function timed(seconds: number, decimals: number | null): [string, string] {
  const size = Math.abs(seconds)
  const found = size === 0 ? undefined : (TIMES.findLast(([length]) => size >= length * 0.9995) ?? TIMES[0])
  const [length, name] = found ?? [1, 's']
  return [rounded(seconds / length, decimals), name]
}

function inWords(seconds: number, { letters = false }: Unit): string {
  const whole = Math.floor(Math.abs(seconds))
  const amounts = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60]
  const first = amounts.findIndex((amount) => amount > 0)
  const sign = seconds < 0 ? '-' : ''
  if (letters) {
    const parts = amounts.map((amount, index) => String(amount).padStart(2, '0') + 'dhms'.charAt(index))
    return sign + parts.slice(first < 0 ? 3 : first).join(':')
  }
  if (first === -1) return `${digits(seconds)}${NARROW}s`
  const parts = amounts.map((amount, index) => (amount > 0 ? `${amount}${NARROW}${WORDS[index] ?? ''}` : ''))
  return sign + parts.slice(first, first + 2).filter(Boolean).join(' ')
}

function onClock(seconds: number, withDays: boolean): string {
  const whole = Math.floor(Math.abs(seconds))
  const days = withDays ? Math.floor(whole / 86_400) : 0
  const time = [Math.floor((whole - days * 86_400) / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const told = time.map((part) => String(part).padStart(2, '0')).join(':')
  return `${seconds < 0 ? '-' : ''}${days ? `${days}${NARROW}d ` : ''}${told}`
}

function text(number: string): Written {
  return { prefix: '', number, suffix: '' }
}

function scaled([number, step]: [string, string], unit: Unit): Written {
  const suffix = step + (unit.suffix ?? '')
  return { prefix: unit.prefix ?? '', number, suffix: suffix && NARROW + suffix }
}

/** `K` and the unit apart: "1.2 K req/s". */
function counted([number, step]: [string, string], unit: Unit): Written {
  const suffix = [step, unit.suffix].filter(Boolean).join(NARROW)
  return { prefix: unit.prefix ?? '', number, suffix: suffix && NARROW + suffix }
}

/** A finite value, written. */
function written(value: number, unit: Unit, decimals: number | null, nowMs: number): Written {
  const seconds = value * (unit.seconds ?? 1)
  switch (unit.kind) {
    case 'si': {
      const least = WHOLE.test(unit.suffix ?? '') ? SI_ONE : 0
      return scaled(stepped(value, { base: 1000, names: SI, at: SI_ONE + (unit.power ?? 0), least }, decimals), unit)
    }
    case 'iec':
      return scaled(stepped(value, { base: 1024, names: IEC, at: unit.power ?? 0 }, decimals), unit)
    case 'count':
    case 'currency':
      return counted(named(stepped(value, { base: 1000, names: COUNT, at: 0 }, decimals)), unit)
    case 'short':
      return counted(named(stepped(value, { base: 1000, names: SHORT, at: 0 }, decimals)), unit)
    case 'steps':
      return scaled(stepped(value, { base: unit.base ?? 1000, names: unit.steps ?? [''], at: 0 }, decimals), unit)
    case 'percent':
      return { prefix: '', number: rounded(value * (unit.factor ?? 1), decimals), suffix: `${NARROW}%` }
    case 'time':
      return scaled(named(timed(seconds, decimals)), unit)
    case 'duration':
      return text(inWords(seconds, unit))
    case 'clock':
      return text(onClock(seconds, unit.days ?? false))
    case 'date':
      return text(formatDate(value, unit, nowMs))
    case 'locale': {
      const fixed = decimals === null ? {} : { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
      return text(value.toLocaleString(locale(), fixed))
    }
    case 'scientific':
      return text(pointed(value.toExponential(decimals ?? 2)))
    case 'hex':
      return text(`${value < 0 ? '-' : ''}${unit.prefix ?? ''}${Math.abs(Math.round(value)).toString(16).toUpperCase()}`)
    case 'bool':
      return text(t((value === 0 ? unit.no : unit.yes) ?? ''))
    case 'text':
      return text(String(value))
    case 'number':
      return scaled([rounded(value, decimals), ''], unit)
  }
}

/** A value in parts; what is no finite number is told as it is. */
export function writeValue(value: number | null | undefined, unit: string | null, decimals: number | null = null, nowMs = Date.now()): Written {
  if (value === null || value === undefined) return text('–')
  if (Number.isNaN(value)) return text('NaN')
  if (!Number.isFinite(value)) return text(value > 0 ? '∞' : '-∞')
  return written(value, unitOf(unit), decimals, nowMs)
}

/** A value as one text. */
export function formatUnit(value: number | null | undefined, unit: string | null, decimals: number | null = null): string {
  const { prefix, number, suffix } = writeValue(value, unit, decimals)
  return prefix + number + suffix
}
