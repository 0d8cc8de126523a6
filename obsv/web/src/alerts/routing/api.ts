/** What the API of the routing answers, as far as the cabinet reads it. What is left out of a document is as usual. */

import { call } from '../../lib/api'

export interface Step {
  after: string
  receiver: string
}

/** A node of the tree; what it leaves out comes from the one above, but for mute and active intervals. */
export interface RouteText {
  receiver?: string
  group_by?: string[]
  group_wait?: string
  group_interval?: string
  repeat_interval?: string
  match?: Record<string, string>
  match_re?: Record<string, string>
  matchers?: string[]
  continue?: boolean
  mute_time_intervals?: string[]
  active_time_intervals?: string[]
  /** An empty list: nobody, whatever stands above. */
  escalate?: Step[] | null
  routes?: RouteText[]
}

export interface Receiver {
  name: string
  channels?: string[]
  send_resolved?: boolean
}

export interface InhibitRule {
  name?: string
  source_match?: Record<string, string>
  source_match_re?: Record<string, string>
  source_matchers?: string[]
  target_match?: Record<string, string>
  target_match_re?: Record<string, string>
  target_matchers?: string[]
  equal?: string[]
}

/** A span that recurs, as Alertmanager writes it: `monday:friday`, `1:7`, `-1`, `may:august`. */
export interface Span {
  times?: { start_time: string; end_time: string }[]
  weekdays?: string[]
  days_of_month?: string[]
  months?: string[]
  years?: string[]
  location?: string
}

export interface Interval {
  name: string
  time_intervals?: Span[]
}

export interface RoutingDocument {
  global?: { resolve_timeout?: string; resolved_despite_silence?: boolean }
  route: RouteText
  inhibit_rules?: InhibitRule[]
  time_intervals?: Interval[]
  mute_time_intervals?: Interval[]
  receivers?: Receiver[]
}

export interface Routing {
  document: RoutingDocument
  yaml: string
  toml: string
  /** 0: what holds until somebody says otherwise. */
  version: number
  /** It came from a file of `obsv apply`. */
  is_applied: boolean
  updated_at_ms: number
  updated_by: { id: string; name: string }
  channels: string[]
}

export interface RouteHit {
  /** Such as `/route/routes/1`. */
  pointer: string
  receiver: string
  channels: string[]
  group_labels: Record<string, string>
  group_wait_ms: number
  group_interval_ms: number
  repeat_interval_ms: number
  escalate: [number, string][]
  muted_by: string[]
}

export interface Hits {
  routes: RouteHit[]
  silenced_by: string[]
  inhibited_by: string[]
}

export interface Imported {
  document: RoutingDocument
  yaml: string
  /** Receivers without a channel. */
  unmapped: string[]
  /** Parts that have no meaning here. */
  ignored: string[]
}

const ROUTING = '/api/obsv/v1/routing'

export function readRouting(signal?: AbortSignal): Promise<Routing> {
  return call<Routing>(ROUTING, signal ? { signal } : {})
}

/** Another version there than this one is a conflict. */
export function putRouting(wish: { document: RoutingDocument } | { yaml: string }, version: number): Promise<Routing> {
  return call<Routing>(ROUTING, { method: 'PUT', body: { ...wish, version } })
}

export function tryRouting(labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Hits> {
  return call<Hits>(`${ROUTING}/test`, { method: 'POST', body: { labels }, signal })
}

export function importRouting(yaml: string, channels: Readonly<Record<string, readonly string[]>>): Promise<Imported> {
  return call<Imported>(`${ROUTING}/import`, { method: 'POST', body: { yaml, channels } })
}
