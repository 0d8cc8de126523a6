/** Addresses of links in dashboards, with what their variables stand for. Pure. */

import type { Labels } from '../lib/types'
import type { Link } from './model'
import type { Value } from './fields/shown'
import { interpolate, type Scope } from './variables/interpolate'

/** What a link of a series or cell may name besides variables. */
export interface LinkContext {
  value?: Value
  text?: string
  timeMs?: number
  name?: string
  labels?: Labels
  /** Other columns of the row. */
  row?: Readonly<Record<string, Value>>
}

const REFERENCE = /\$\{__(value|series|field|data)\.((?:[\w.-]+|\["[^"]*"\])+)(?::\w+)?\}/g

function named(kind: string, path: string, { value, text, timeMs, name, labels, row }: LinkContext): Value | undefined {
  if (kind === 'value') return { raw: value, numeric: value, text, time: timeMs }[path]
  if (path === 'name') return name
  const [, group, plain, quoted] = /^(labels|fields)(?:\.(.+)|\["(.*)"\])$/.exec(path) ?? []
  const key = plain ?? quoted ?? ''
  return group === 'labels' ? labels?.[key] : row?.[key]
}

/** An address that it is safe to lead to; empty for any other. */
export function addressOf({ url, keep_time }: Pick<Link, 'url' | 'keep_time'>, scope: Scope, context: LinkContext, query: URLSearchParams): string {
  const given = url.replace(REFERENCE, (whole, kind: string, path: string) => {
    const value = named(kind, path, context)
    return value === undefined ? whole : encodeURIComponent(String(value ?? ''))
  })
  const address = interpolate(given, scope, 'url')
  if (!/^(https?:\/\/|\/(?!\/)|\?)/.test(address)) return ''
  const time = ['from', 'to'].flatMap((name) => (query.has(name) ? [`${name}=${encodeURIComponent(query.get(name) ?? '')}`] : []))
  if (!keep_time || time.length === 0) return address
  return address + (address.includes('?') ? '&' : '?') + time.join('&')
}
