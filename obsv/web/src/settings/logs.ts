/** What the pages of the two logs share: filters in the address. */

import { fromLocalInput } from '../lib/time'

/** The filters of a page, as its address has them; what is not named is left out. */
export function filtersOf(query: URLSearchParams, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? '']] : [])))
}

/** The same with times as the API wants them: from the fields of a form to Unix milliseconds. */
export function asked(filters: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filters).flatMap(([name, value]) => {
      if (name !== 'since' && name !== 'until') return [[name, value]]
      const ms = fromLocalInput(value)
      return Number.isNaN(ms) ? [] : [[`${name}_ms`, String(ms)]]
    }),
  )
}
