/** Shared links of a dashboard, as the API has them. */

import { call } from '../../lib/api'
import { spanAt, type Range } from '../../lib/time'
import type { Dashboard, Variable } from '../model'

export interface Link {
  id: string
  title: string
  start: string
  end: string
  variables: string[]
  created_by: { name: string }
  created_at_ms: number
  expires_at_ms: number
  last_used_on: string | null
}

export interface NewLink {
  title: string
  expires_at_ms: number
  start: string
  end: string
  variables: string[]
  chosen: Record<string, string[]>
}

export const LIVES: readonly number[] = [1, 7, 30, 90, 365]
const DAY_MS = 86_400_000

function pathOf(key: string): string {
  return `/api/obsv/v1/dashboards/${encodeURIComponent(key)}/links`
}

export async function listLinks(key: string, signal: AbortSignal): Promise<Link[]> {
  return (await call<{ links: Link[] }>(pathOf(key), { signal })).links
}

/** The answer has the address, this once. */
export function createLink(key: string, body: NewLink): Promise<{ link: Link; url: string }> {
  return call(pathOf(key), { method: 'POST', body })
}

export function revokeLink(key: string, id: string): Promise<void> {
  return call(`${pathOf(key)}/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

/** Those that a visitor could be let choose. */
export function choosable({ variables }: Dashboard): Variable[] {
  return variables.filter(({ kind, hide }) => kind !== 'constant' && kind !== 'filters' && hide !== 'variable')
}

/** What is on the page, as a link keeps it: values by variable, and the time in words or as it stands. */
export function shownOf({ variables }: Dashboard, query: URLSearchParams): Record<string, string[]> {
  return Object.fromEntries(variables.filter(({ name }) => query.has(`var-${name}`)).map(({ name }) => [name, query.getAll(`var-${name}`)]))
}

export function endsOf(range: Range, nowMs: number): { start: string; end: string } {
  if (range.isMoving) return { start: range.from, end: range.to }
  const { fromMs, toMs } = spanAt(range, nowMs)
  return { start: new Date(fromMs).toISOString(), end: new Date(toMs).toISOString() }
}

export function expiryOf(days: number, nowMs: number): number {
  return nowMs + days * DAY_MS
}
