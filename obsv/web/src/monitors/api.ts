/** What the API of monitors answers, as far as the cabinet reads it. */

import { call, query } from '../lib/api'
import type { MatrixSeries } from '../lib/types'

export type State = 'pending' | 'up' | 'down' | 'unknown' | 'paused' | 'maintenance'
export type Kind = 'http' | 'tcp' | 'ping' | 'dns' | 'heartbeat'

export interface Condition {
  path: string
  op?: string
  value?: string
}

/** A check as it is written; what is usual is left out. Secrets that are null are kept. */
export interface Http {
  kind: 'http'
  url: string
  method?: string
  headers?: Record<string, string>
  secret_headers?: Record<string, string | null>
  user?: string
  password?: string | null
  body?: string
  statuses?: string[]
  contains?: string
  lacks?: string
  json?: Condition[]
  max_redirects?: number
  verify_tls?: boolean
  ca?: string
  certificate_days?: number
  max_bytes?: number
}
export interface Tcp {
  kind: 'tcp'
  host: string
  port: number
  tls?: boolean
  verify_tls?: boolean
  ca?: string
  certificate_days?: number
}
export interface Ping {
  kind: 'ping'
  host: string
}
export interface Dns {
  kind: 'dns'
  hostname: string
  record?: string
  answers?: string[]
  exactly?: boolean
  server?: string
  port?: number
}
export interface Heartbeat {
  kind: 'heartbeat'
  period_s?: number
  cron?: string
  time_zone?: string
  grace_s?: number
}

export type Check = Http | Tcp | Ping | Dns | Heartbeat

export interface Monitor {
  key: string
  name: string
  check: Check
  description?: string
  tags?: string[]
  interval_s?: number
  timeout_s?: number
  failures?: number
  retry_s?: number
  is_paused?: boolean
}

/** A row of the list; times are 0 where there is none. */
export interface Summary {
  id: string
  key: string
  name: string
  kind: Kind
  target: string
  tags: string[]
  state: State
  since_at_ms: number
  checked_at_ms: number
  response_s: number | null
  error: string
  certificate_ends_at_ms: number
  ratio_24h: number | null
  ratio_30d: number | null
}

export interface MonitorList {
  monitors: Summary[]
  total: number
  count: number
  most: number
  now_ms: number
}

export interface Certificate {
  subject: string
  issuer: string
  names: string[]
  begins_at_ms: number
  ends_at_ms: number
  fingerprint: string
}

/** What a check found; what does not belong to its kind is left out. */
export interface Result {
  at_ms: number
  outcome: 'ok' | 'failed' | 'refused'
  reason?: string
  duration_s?: number
  phases?: Partial<Record<'resolve_s' | 'connect_s' | 'tls_s' | 'wait_s' | 'transfer_s', number>>
  address?: string
  status?: number
  url?: string
  redirects?: number
  version?: string
  bytes?: number
  certificate?: Certificate
  code?: string
  records?: string[]
  exit_code?: number
}

export interface Share {
  up_s: number
  down_s: number
  maintenance_s: number
  unknown_s: number
  ratio: number | null
}

export interface View {
  id: string
  monitor: Monitor
  state: State
  since_at_ms: number
  checked_at_ms: number
  due_at_ms: number
  started_at_ms: number
  pinged_at_ms: number
  result: Result | null
  availability: Record<'day' | 'week' | 'month' | 'quarter', Share>
  /** Empty for all but heartbeats, and for who may not edit. */
  ping_url: string
  version: number
  created_at_ms: number
  /** It stands in a file of `obsv apply`. */
  is_applied: boolean
}

export interface Change {
  at_ms: number
  until_ms: number | null
  before: State
  state: State
  reason: string
}

export interface Day {
  day: string
  up_s: number
  down_s: number
  maintenance_s: number
  unknown_s: number
}

export interface PingReport {
  at_ms: number
  signal: string
  exit_code: number | null
  duration_s: number | null
  body: string
}

interface Saved {
  id: string
  key: string
  version: number
}

const API = '/api/obsv/v1/monitors'
const MOST = 5000

function one(key: string, part = ''): string {
  return `${API}/${encodeURIComponent(key)}${part}`
}

export function listMonitors(signal: AbortSignal): Promise<MonitorList> {
  return call<MonitorList>(API, { query: { limit: MOST }, signal })
}

/** By id or key. */
export function readMonitor(key: string, signal?: AbortSignal): Promise<View> {
  return call<View>(one(key), signal ? { signal } : {})
}

export function createMonitor(monitor: Monitor): Promise<Saved> {
  return call<Saved>(API, { method: 'POST', body: { monitor } })
}

/** Another version there than this one is a conflict. */
export function saveMonitor(id: string, monitor: Monitor, version: number): Promise<Saved> {
  return call<Saved>(one(id), { method: 'PUT', body: { monitor, version } })
}

/** `isParting`: it is asked for while the page is left. */
export function deleteMonitor(id: string, isParting = false): Promise<void> {
  return call(one(id), { method: 'DELETE', isParting })
}

export function pauseMonitor(id: string, isPaused: boolean): Promise<void> {
  return call(one(id, isPaused ? '/pause' : '/resume'), { method: 'POST' })
}

export function duplicateMonitor(id: string): Promise<Saved> {
  return call<Saved>(one(id, '/duplicate'), { method: 'POST', body: {} })
}

/** Check once, and keep nothing of it: one that is there, or one that is not yet. */
export function testMonitor(id: string): Promise<Result> {
  return call<Result>(one(id, '/test'), { method: 'POST' })
}
export function tryMonitor(monitor: Monitor): Promise<Result> {
  return call<Result>(`${API}/test`, { method: 'POST', body: { monitor } })
}

/** Newest first. */
export function listChanges(id: string, limit: number, signal: AbortSignal): Promise<{ events: Change[]; is_complete: boolean }> {
  return call(one(id, '/events'), { query: { limit }, signal })
}

/** Of 90 days, oldest first. */
export async function listDays(id: string, signal: AbortSignal): Promise<Day[]> {
  return (await call<{ days: Day[] }>(one(id, '/days'), { signal })).days
}

/** What a heartbeat's job reported, newest first. */
export async function listPings(id: string, signal: AbortSignal): Promise<PingReport[]> {
  return (await call<{ pings: PingReport[] }>(one(id, '/pings'), { signal })).pings
}

export function renewAddress(id: string): Promise<{ ping_url: string }> {
  return call(one(id, '/address'), { method: 'POST' })
}

/** Parts of the last day, in which a monitor was up: 1, not: 0, or in between; by name, null where it is not known. */
export async function lastDay(nowMs: number, parts: number, signal: AbortSignal): Promise<Map<string, (number | null)[]>> {
  const stepS = 86_400 / parts
  const end = Math.ceil(nowMs / 1000 / stepS) * stepS
  const start = end - 86_400 + stepS
  const expr = `max by (monitor) (avg_over_time(monitor_up{job="monitor"}[${stepS}s]))`
  const found = await query<MatrixSeries>('query_range', { query: expr, start, end, step: stepS }, signal)
  return new Map(
    found.map(({ metric, values }) => {
      const known = new Map(values.map(([time, value]) => [Math.round((time - start) / stepS), Number(value)]))
      return [metric.monitor ?? '', Array.from({ length: parts }, (_, index) => known.get(index) ?? null)]
    }),
  )
}
