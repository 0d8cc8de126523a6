/** How one series or column is shown: the panel's field, with what overrides say. Pure. */

import { calculate } from '../../lib/calculate'
import type { Calculation, Field, Override, Panel } from '../model'

/** What overrides can tell it by. */
export interface Subject {
  /** Each name that it goes by. */
  names: readonly string[]
  ref: string
  type: 'number' | 'string' | 'time'
  values: readonly (number | null)[]
}

const COMPARED = /^([a-z0-9-]+)\s*(==|!=|<=|>=|<|>)\s*(-?[\d.e+-]+)$/i

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

function hasValue(match: string, values: Subject['values']): boolean {
  if (match === 'zero') return values.every((value) => value === 0)
  if (match === 'null') return values.every((value) => value === null || Number.isNaN(value))
  const [, calculation = '', operator = '', limit = ''] = COMPARED.exec(match) ?? []
  const value = calculation ? calculate(calculation as Calculation, values) : null
  return value !== null && (COMPARE[operator]?.(value, Number(limit)) ?? false)
}

/** A pattern that is none matches nothing. */
export function safePattern(text: string): RegExp | undefined {
  const slashed = /^\/(.*)\/([imsu]*)$/s.exec(text)
  try {
    return slashed ? new RegExp(slashed[1] ?? '', slashed[2]) : new RegExp(text)
  } catch {
    return undefined
  }
}

function applies({ by, match }: Override, { names, ref, type, values }: Subject): boolean {
  switch (by) {
    case 'name':
      return names.includes(match)
    case 'regex': {
      const pattern = safePattern(match)
      return names.some((name) => pattern?.test(name))
    }
    case 'ref':
      return ref === match
    case 'type':
      return type === match
    case 'value':
      return hasValue(match, values)
  }
}

/** What is set in `set` counts, all else stays. */
function over(field: Field, set: Field): Field {
  return { ...field, ...Object.fromEntries(Object.entries(set).filter(([, value]) => value !== null)) }
}

/** The field of a series or column; a later override counts before an earlier. */
export function fieldOf({ field, overrides }: Pick<Panel, 'field' | 'overrides'>, subject: Subject): Field {
  return overrides.filter((override) => applies(override, subject)).reduce((sofar, { set }) => over(sofar, set), field)
}

/** The name that a field gives, or else its own. */
export function shownName({ name }: Field, own: string): string {
  return name === null || name === '' ? own : name
}
