/** What was asked before, as this browser keeps it. Pure but for `load` and `save`. */

import type { ExploreQuery } from './address'

export interface Entry {
  queries: ExploreQuery[]
  atMs: number
  isStarred: boolean
}

/** Starred entries are kept beside these. */
export const MOST = 100
const MOST_STARRED = 100

/** One text for what is asked, however it is shown. */
export function keyOf(queries: readonly ExploreQuery[]): string {
  return JSON.stringify(queries.map(({ expr, legend, step }) => [expr.trim(), legend, step]))
}

/** The newest first, nothing twice, and no more than are kept. */
export function cut(entries: readonly Entry[]): Entry[] {
  const left = { starred: MOST_STARRED, plain: MOST }
  return entries.filter(({ isStarred }) => (left[isStarred ? 'starred' : 'plain'] -= 1) >= 0)
}

/** With what was just run at the top. */
export function noted(entries: readonly Entry[], queries: readonly ExploreQuery[], atMs: number): Entry[] {
  const asked = queries.filter(({ expr }) => expr.trim())
  if (asked.length === 0) return [...entries]
  const key = keyOf(asked)
  const before = entries.find((entry) => keyOf(entry.queries) === key)
  return cut([{ queries: asked, atMs, isStarred: before?.isStarred ?? false }, ...entries.filter((entry) => entry !== before)])
}

/** Those with every word in one of their expressions or legends. */
export function matching(entries: readonly Entry[], text: string): Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return entries.filter(({ queries }) => {
    const all = queries.map(({ expr, legend }) => `${expr} ${legend}`.toLowerCase()).join('\n')
    return words.every((word) => all.includes(word))
  })
}

const nameOf = (org: string): string => `obsv-explore-${org}`

function isQuery(value: unknown): value is ExploreQuery {
  const { ref, expr, legend, step, isHidden } = (value ?? {}) as Partial<Record<keyof ExploreQuery, unknown>>
  return [ref, expr, legend, step].every((part) => typeof part === 'string') && typeof isHidden === 'boolean'
}

function isEntry(value: unknown): value is Entry {
  const { queries, atMs, isStarred } = (value ?? {}) as Partial<Record<keyof Entry, unknown>>
  return Array.isArray(queries) && queries.every(isQuery) && typeof atMs === 'number' && typeof isStarred === 'boolean'
}

/** What the browser has kept for an organisation; nothing where it keeps nothing, or something else. */
export function load(org: string): Entry[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(nameOf(org)) ?? '[]')
    return Array.isArray(found) ? cut(found.filter(isEntry)) : []
  } catch {
    return []
  }
}

export function save(org: string, entries: readonly Entry[]): void {
  try {
    if (entries.length > 0) localStorage.setItem(nameOf(org), JSON.stringify(entries))
    else localStorage.removeItem(nameOf(org))
  } catch {
    // It holds until the page is closed, then.
  }
}
