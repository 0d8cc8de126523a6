/** Values as a field wants them: mapped, with a unit, in a colour. Pure but for the theme's colours. */

import { hexColour, mix } from '../../charts/colours'
import type { Colour, Level } from '../../charts/types'
import { formatUnit, writeValue, type Written } from '../../lib/units/format'
import type { Field, Mapping } from '../model'
import { safePattern } from './resolve'

export type Value = number | string | null

const SPECIAL: Readonly<Record<string, (value: Value) => boolean>> = {
  null: (value) => value === null,
  nan: (value) => typeof value === 'number' && Number.isNaN(value),
  'null+nan': (value) => value === null || (typeof value === 'number' && Number.isNaN(value)),
  true: (value) => value === 1 || value === 'true',
  false: (value) => value === 0 || value === 'false',
  empty: (value) => value === '',
}

function maps({ kind, value: match, low, high }: Mapping, value: Value): boolean {
  if (kind === 'special') return SPECIAL[match]?.(value) ?? false
  if (value === null) return false
  if (kind === 'value') return typeof value === 'number' ? Number(match) === value && match !== '' : match === value
  if (kind === 'regex') return safePattern(match)?.test(String(value)) ?? false
  const number = Number(value)
  return !Number.isNaN(number) && number >= (low ?? -Infinity) && number <= (high ?? Infinity)
}

/** What is shown instead of a value. */
function mappingOf(value: Value, { mappings }: Field): Mapping | undefined {
  return mappings?.find((mapping) => maps(mapping, value))
}

/** A value in parts, so that its number can be larger. */
export function writtenOf(value: Value, field: Field): Written {
  const text = mappingOf(value, field)?.text ?? (value === null ? field.no_value : null)
  if (text !== null && text !== '') return { prefix: '', number: text, suffix: '' }
  return typeof value === 'string' ? { prefix: '', number: value, suffix: '' } : writeValue(value, field.unit, field.decimals)
}

export function textOf(value: Value, field: Field): string {
  if (typeof value === 'number' && !field.mappings) return formatUnit(value, field.unit, field.decimals)
  const { prefix, number, suffix } = writtenOf(value, field)
  return prefix + number + suffix
}

/** Between which values a gauge or a shade goes. */
export interface Bounds {
  min: number
  max: number
}

/** By the field; else by what the unit has; else by the values themselves. */
export function boundsOf({ min, max, unit }: Field, values: readonly (number | null)[]): Bounds {
  const numbers = values.filter((value): value is number => value !== null && Number.isFinite(value))
  const usual = unit === 'percent' ? 100 : unit === 'percentunit' ? 1 : undefined
  const low = min ?? Math.min(0, ...numbers)
  const high = max ?? usual ?? Math.max(...numbers, low)
  return { min: low, max: high > low ? high : low + 1 }
}

/** A field's thresholds as values, the ground first. */
export function levelsOf({ thresholds, thresholds_are }: Field, { min, max }: Bounds): Level[] {
  const levels = (thresholds ?? []).map(({ value, color }) => ({
    value: value === null ? null : thresholds_are === 'percent' ? min + ((max - min) * value) / 100 : value,
    colour: color || 'text',
  }))
  return levels.sort((a, b) => (a.value ?? -Infinity) - (b.value ?? -Infinity))
}

function levelAt(levels: readonly Level[], value: number): Colour | undefined {
  return levels.findLast((level) => level.value === null || value >= level.value)?.colour
}

/** The colour of a value; undefined where nothing says one. */
export function colourOf(value: Value, field: Field, bounds: Bounds): Colour | undefined {
  const mapped = mappingOf(value, field)?.color
  if (mapped) return mapped
  const { color } = field
  if (color && !['series', 'thresholds', 'value'].includes(color)) return color
  if (typeof value !== 'number' || Number.isNaN(value)) return undefined
  if (color === 'value') return shade(value, bounds)
  return color === 'series' ? undefined : levelAt(levelsOf(field, bounds), value)
}

/** From calm to loud. */
function shade(value: number, { min, max }: Bounds): Colour {
  const share = Math.min(1, Math.max(0, (value - min) / (max - min)))
  return share < 0.5 ? mix(hexColour('ok'), hexColour('warn'), share * 2) : mix(hexColour('warn'), hexColour('bad'), share * 2 - 1)
}
