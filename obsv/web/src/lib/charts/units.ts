import { celsius, count, iec, percent, seconds, si } from '../format'
import type { Unit } from './types'

const FORMATS: Readonly<Record<Unit, (value: number | null | undefined) => string>> = {
  percent,
  bytes: iec,
  'bytes/s': (value) => si(value, 'B/s'),
  count,
  celsius,
  seconds,
}

/** A value as legend, table and axis show it; what is drawn below zero is told without the sign. */
export function formatValue(unit: Unit, value: number | null | undefined, isMirrored = false): string {
  return FORMATS[unit](isMirrored && typeof value === 'number' ? -value : value)
}
