/**
 * What a query variable asks for, and what is taken of the answer. Pure.
 *
 * Source: Grafana's documentation, "Prometheus template variables" and "Filter variables with regex".
 */

import type { Choice, Variable } from '../model'

export type VariableQuery =
  | { kind: 'label-values'; selector: string; label: string }
  | { kind: 'label-names' | 'metrics' | 'query-result' | 'series'; text: string }

const LABEL_VALUES = /^label_values\((?:(.+),)?\s*(?:([a-zA-Z_]\w*)|"([^"]+)")\s*\)$/s
const CALL = /^(label_names|metrics|query_result)\((.*)\)$/s
const KINDS = { label_names: 'label-names', metrics: 'metrics', query_result: 'query-result' } as const

/** What is asked for; what is no call is a selector, whose series are the values. */
export function parseQuery(query: string): VariableQuery {
  const text = query.trim()
  const ofLabel = LABEL_VALUES.exec(text)
  if (ofLabel) return { kind: 'label-values', selector: (ofLabel[1] ?? '').trim(), label: ofLabel[2] ?? ofLabel[3] ?? '' }
  const call = CALL.exec(text)
  return call ? { kind: KINDS[call[1] as keyof typeof KINDS], text: (call[2] ?? '').trim() } : { kind: 'series', text }
}

/** Named groups may be written as the server's patterns have them. */
function compile(given: string): RegExp {
  const pattern = given.replaceAll('(?P<', '(?<')
  const slashed = /^\/(.*)\/([gimsuy]*)$/s.exec(pattern)
  return slashed ? new RegExp(slashed[1] ?? '', (slashed[2] ?? '').replace(/[gy]/g, '')) : new RegExp(`^(?:${pattern})$`)
}

function choiceOf(match: RegExpExecArray): Choice {
  const { value, text } = match.groups ?? {}
  if (value === undefined && text === undefined) return { value: match.length > 1 ? (match[1] ?? '') : match.input, text: '' }
  const chosen = value ?? text ?? ''
  return { value: chosen, text: text === chosen ? '' : (text ?? '') }
}

const byNumber = (text: string): number => Number(/\d+/.exec(text)?.[0] ?? -1)

type Compare = (a: string, b: string) => number
const ORDERS: Readonly<Record<string, Compare>> = {
  '': (a, b) => (a < b ? -1 : a > b ? 1 : 0),
  number: (a, b) => byNumber(a) - byNumber(b),
  natural: (a, b) => a.localeCompare(b, 'en', { numeric: true, sensitivity: 'base' }),
}

/** By what is shown of them; an empty one leaves them as they came. */
function sorted(choices: Choice[], sort: Variable['sort']): Choice[] {
  if (!sort) return choices
  const way = sort.includes('-') ? (sort.split('-')[0] ?? '') : ''
  const compare = ORDERS[way] ?? ORDERS['']
  const sign = sort.endsWith('desc') ? -1 : 1
  const shown = ({ value, text }: Choice): string => text || value
  return choices.sort((a, b) => sign * (compare?.(shown(a), shown(b)) ?? 0))
}

/** Values to choose from, each once; those that the pattern does not match are left out. Throws for a pattern that is none. */
export function choicesOf(values: Iterable<string>, { regex, sort }: Pick<Variable, 'regex' | 'sort'>): Choice[] {
  const pattern = regex ? compile(regex) : undefined
  const unique = new Map<string, Choice>()
  for (const value of values) {
    const match = pattern?.exec(value)
    if (pattern && !match) continue
    const choice = match ? choiceOf(match) : { value, text: '' }
    if (!unique.has(choice.value)) unique.set(choice.value, choice)
  }
  return sorted([...unique.values()], sort)
}
