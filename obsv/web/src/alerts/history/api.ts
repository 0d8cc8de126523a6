/** What the API of the alerts' history answers, as far as the cabinet reads it. */

import { call } from '../../lib/api'

/** An alert that fired, from when to when. */
export interface Firing {
  /** The event of its beginning. */
  id: string
  rule_id: string
  rule_version: number
  group: string
  rule: string
  fingerprint: string
  active_at_ms: number
  fired_at_ms: number
  /** 0 while it fires. */
  ended_at_ms: number
  labels: Record<string, string>
  annotations: Record<string, string>
  query: string
  value: number
  /** Where its query is seen as it was. */
  link: string
}

export interface FiringList {
  firings: Firing[]
  is_complete: boolean
}

/** What the rule measured around the moment. */
export interface Points {
  query: string
  start_ms: number
  step_ms: number
  values: (number | null)[]
}

/** Those that fired at some time between the two. */
export interface Wanted {
  since_ms: number
  until_ms: number
  rule_id?: string
  fingerprint?: string
  matcher?: readonly string[]
  limit?: number
}

const API = '/api/obsv/v1'

export function listFirings({ since_ms, until_ms, rule_id = '', fingerprint = '', matcher = [], limit = 200 }: Wanted, signal: AbortSignal): Promise<FiringList> {
  const times = { since_ms: Math.round(since_ms), until_ms: Math.round(until_ms) }
  return call<FiringList>(`${API}/alert-firings`, { query: { ...times, rule_id, fingerprint, matcher, limit }, signal })
}

export async function pointsOf(id: string, signal: AbortSignal): Promise<Points | null> {
  return (await call<{ points: Points | null }>(`${API}/alert-events/${encodeURIComponent(id)}`, { signal })).points
}
