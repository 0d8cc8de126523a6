/** The server puts variables in by itself for shared links: both run the same cases. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Variable } from '../model'
import { builtins, interpolate } from './interpolate'
import { choicesOf, parseQuery } from './query'

interface Interpolation {
  text: string
  value: string[]
  several?: boolean
  all?: boolean
  all_value?: string
  expr: string
  /** Refused by the server, which does not ask with the visitor's own rights. */
  unsafe?: boolean
}

interface Cases {
  queries: { text: string; kind: string; selector: string; label: string }[]
  choices: { values: string[]; regex: string; sort: Variable['sort']; choices: [string, string][] }[]
}

function cases(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../../../tests/dashboards/cases/${name}.json`, import.meta.url), 'utf-8'))
}

const interpolations = (cases('interpolation') as Interpolation[]).filter(({ unsafe }) => !unsafe)
const { queries, choices } = cases('variables') as Cases
const usual = builtins({ fromMs: 0, toMs: 3_600_000, stepS: 15 })

describe('as on the server', () => {
  it.each(interpolations)('$text', ({ text, value, several = false, all = false, all_value = '', expr }) => {
    const chosen = { values: value, isSeveral: several, isAll: all, allValue: all_value }
    expect(interpolate(text, new Map([...usual, ['v', chosen]]))).toBe(expr)
  })

  it.each(queries)('$text', ({ text, kind, selector, label }) => {
    const query = parseQuery(text)
    const [told, name] = query.kind === 'label-values' ? [query.selector, query.label] : [query.text, '']
    expect([query.kind.replace('-', '_'), told, name]).toEqual([kind, selector, label])
  })

  it.each(choices)('$values $regex $sort', ({ values, regex, sort, choices: expected }) => {
    expect(choicesOf(values, { regex, sort }).map(({ value, text }) => [value, text])).toEqual(expected)
  })
})
