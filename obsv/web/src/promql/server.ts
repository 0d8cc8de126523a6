/** What the server says about an expression: whether it can be read, how it is written nicely, what it is made of. */

import { ApiError, call } from '../lib/api'
import { masked, padded, referencesIn, unmasked, type Masked, type Reading } from './references'
import { t } from '../lib/i18n'

/** A node of a syntax tree. Source: Prometheus' `/api/v1/parse_query`. */
export type Tree = Readonly<Record<string, unknown>>

/** What is wrong, and where: offsets in the text. */
export interface Mistake {
  from: number
  to: number
  message: string
}

// Longer ones do not fit into an address everywhere.
const LONGEST_ADDRESS = 4000

async function ask(path: string, query: string, signal?: AbortSignal): Promise<unknown> {
  const how = encodeURIComponent(query).length > LONGEST_ADDRESS ? { method: 'POST' as const, form: { query } } : { query: { query } }
  return (await call<{ data: unknown }>(`/api/v1/${path}`, { ...how, ...(signal ? { signal } : {}) })).data
}

/** The mistake that an answer tells of: `line:column: parse error: words`, columns from 1. */
export function mistakeOf(told: string, text: string): Mistake {
  const [, line, column, words] = /^(?:invalid parameter "query": )?(?:(\d+):(\d+)|unknown position): (?:parse error: )?(.*)$/s.exec(told) ?? []
  const message = words ?? told
  if (line === undefined || column === undefined) return { from: 0, to: text.length, message }
  const before = text.split('\n').slice(0, Number(line) - 1)
  const from = Math.min(before.reduce((sum, one) => sum + one.length + 1, 0) + Number(column) - 1, text.length)
  const word = /^(\w+|\S)/.exec(text.slice(from))?.[0] ?? ''
  // At the end there is nothing to underline but what stands before it.
  return word ? { from, to: from + word.length, message } : { from: Math.max(0, text.trimEnd().length - 1), to: text.trimEnd().length, message }
}

async function mistakeIn(text: string, reading: Reading, signal: AbortSignal): Promise<Mistake | undefined> {
  try {
    await ask('parse_query', padded(text, reading), signal)
    return undefined
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.status !== 400) throw cause
    return mistakeOf(cause.detail, text)
  }
}

/** What keeps an expression from being read. A variable may stand for anything that fits. Raises ApiError if nobody answers. */
export async function check(text: string, signal: AbortSignal): Promise<Mistake | undefined> {
  if (!text.trim()) return undefined
  const references = referencesIn(text)
  const first = await mistakeIn(text, 'name', signal)
  if (!first || !references.some(({ place }) => place === 'operand')) return first
  if (!(await mistakeIn(text, 'number', signal))) return undefined
  return references.some(({ from, to }) => first.from < to && first.to > from) ? undefined : first
}

async function readMasked(path: string, text: string, signal?: AbortSignal): Promise<{ data: unknown; masked: Masked }> {
  const named = masked(text, 'name')
  if (!named) throw new ApiError(400, t('Too many variables'), t('The query has too many variables.'))
  try {
    return { data: await ask(path, named.text, signal), masked: named }
  } catch (cause) {
    const numbered = masked(text, 'number')
    if (!(cause instanceof ApiError) || cause.status !== 400 || !numbered || numbered.text === named.text) throw cause
    return { data: await ask(path, numbered.text, signal), masked: numbered }
  }
}

/** The expression in its normal form, its variables kept. Raises ApiError. */
export async function format(text: string): Promise<string> {
  const { data, masked: asked } = await readMasked('format_query', text)
  const out = unmasked(data as string, asked.marks)
  if (out === undefined) throw new ApiError(400, t('Not formatted'), t('The query cannot be formatted with its variables in it.'))
  return out
}

/** The tree of an expression, and what stands in it for variables. Raises ApiError. */
export async function parse(text: string, signal?: AbortSignal): Promise<{ tree: Tree; marks: Masked['marks'] }> {
  const { data, masked: asked } = await readMasked('parse_query', text, signal)
  return { tree: data as Tree, marks: asked.marks }
}
