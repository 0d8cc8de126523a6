/** What the pages of the two logs share: filters in the address, and events in words. */

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

/** "member.role_changed" -> "Member: role changed". */
export function eventWords(event: string): string {
  const [kind = '', ...rest] = event.split('.')
  const words = rest.join(' ').replaceAll('_', ' ')
  const thing = kind.charAt(0).toUpperCase() + kind.slice(1).replaceAll('_', ' ')
  return words ? `${thing}: ${words}` : thing
}

function valueWords(value: unknown): string {
  if (Array.isArray(value)) return value.join(' ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Details as short text: "role before viewer · role after editor". */
export function detailWords(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${valueWords(value)}`)
    .join(' · ')
}
