/** What Explore shows, in its address: queries, how they are asked and shown, and the time. Pure. */

import { placePath } from '../lib/routes'
import { fixedQuery, type RangeQuery, type Span } from '../lib/time'

export interface ExploreQuery {
  /** A letter, unique on the page. */
  ref: string
  expr: string
  /** Text with `{{label}}`; empty shows labels. */
  legend: string
  /** A least step, such as `1m`. */
  step: string
  isHidden: boolean
}

/** A picture or rows; over the time of the page, or at its end. */
export interface Shown {
  view: 'graph' | 'table'
  at: 'range' | 'instant'
}

export const MOST_QUERIES = 26

const LETTERS = Array.from({ length: MOST_QUERIES }, (_, index) => String.fromCharCode(65 + index))
const REF = /^[A-Za-z0-9_]{1,20}$/

/** The first letter that none of them has. */
export function freeRef(queries: readonly Pick<ExploreQuery, 'ref'>[]): string {
  return LETTERS.find((letter) => queries.every(({ ref }) => ref !== letter)) ?? `Q${queries.length + 1}`
}

/** Whether it can name a query: as in dashboards. */
export function isRef(text: string): boolean {
  return REF.test(text)
}

export function newQuery(queries: readonly ExploreQuery[], expr = ''): ExploreQuery {
  return { ref: freeRef(queries), expr, legend: '', step: '', isHidden: false }
}

interface Told {
  ref?: unknown
  expr?: unknown
  legend?: unknown
  step?: unknown
  hide?: unknown
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A query that is more than its expression is an object; no expression is JSON's. */
function toldOf(text: string): Told {
  if (!text.startsWith('{')) return { expr: text }
  try {
    return JSON.parse(text) as Told
  } catch {
    return { expr: text }
  }
}

/** The queries of an address, one at least. */
export function queriesOf(address: URLSearchParams): ExploreQuery[] {
  const out: ExploreQuery[] = []
  for (const text of address.getAll('q').slice(0, MOST_QUERIES)) {
    const { ref, expr, legend, step, hide } = toldOf(text)
    const own = textOf(ref)
    const isFree = isRef(own) && out.every((query) => query.ref !== own)
    out.push({ ref: isFree ? own : freeRef(out), expr: textOf(expr), legend: textOf(legend), step: textOf(step), isHidden: hide === true })
  }
  return out.length > 0 ? out : [newQuery([])]
}

function textOfQuery({ ref, expr, legend, step, isHidden }: ExploreQuery, before: readonly ExploreQuery[]): string {
  const extra = { ...(ref === freeRef(before) ? {} : { ref }), ...(legend ? { legend } : {}), ...(step ? { step } : {}), ...(isHidden ? { hide: true } : {}) }
  return Object.keys(extra).length > 0 ? JSON.stringify({ expr, ...extra }) : expr
}

/** The queries as an address has them: `q`, once for each. */
export function textsOf(queries: readonly ExploreQuery[]): string[] {
  if (queries.length === 1 && queries[0]?.expr === '' && textOfQuery(queries[0], []) === '') return []
  return queries.map((query, index) => textOfQuery(query, queries.slice(0, index)))
}

export function shownOf(address: URLSearchParams): Shown {
  return { view: address.get('view') === 'table' ? 'table' : 'graph', at: address.get('at') === 'instant' ? 'instant' : 'range' }
}

/** Only what is not usual stands in the address. */
export function shownParts({ view, at }: Shown): Record<'view' | 'at', string | undefined> {
  return { view: view === 'table' ? view : undefined, at: at === 'instant' ? at : undefined }
}

/** What someone who comes from elsewhere knows of a query. */
export type Given = Pick<ExploreQuery, 'expr'> & Partial<ExploreQuery>

/** Explore with these queries, over a time if one is given, be it fixed or as an address has it. */
export function explorePath(org: string, queries: readonly Given[], span?: Span | RangeQuery): string {
  const whole = queries.slice(0, MOST_QUERIES).reduce<ExploreQuery[]>((done, given) => [...done, { ...newQuery(done), ...given }], [])
  const { from, to } = !span ? {} : 'fromMs' in span ? fixedQuery(span) : span
  const time = [...(from ? [['from', from]] : []), ...(to ? [['to', to]] : [])]
  const address = new URLSearchParams([...textsOf(whole).map((text) => ['q', text]), ...time])
  const query = address.toString()
  return placePath(org, 'explore') + (query ? `?${query}` : '')
}
