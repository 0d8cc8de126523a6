/** What the API of alerts and silences answers, as far as the cabinet reads it. */

import { call } from '../lib/api'

interface Person {
  id: string
  name: string
}

/** What keeps an alert quiet, if anything does. */
export type AlertState = 'active' | 'acknowledged' | 'silenced' | 'inhibited' | 'muted'

export interface Alert {
  fingerprint: string
  labels: Record<string, string>
  annotations: Record<string, string>
  state: AlertState
  starts_at_ms: number
  /** Where its query is asked, if whoever sent it said so. */
  generator_url: string
  receivers: string[]
  acknowledged_at_ms: number
  acknowledged_by: Person
}

export interface AlertList {
  alerts: Alert[]
  total: number
}

export interface Silence {
  id: string
  state: 'pending' | 'active' | 'expired'
  /** Such as `instance="db-1"`. */
  matchers: string[]
  /** When it recurs: the intervals within which it holds, as the API has them. */
  times: unknown[]
  starts_at_ms: number
  ends_at_ms: number
  created_by: Person
  comment: string
  /** How many alerts that fire now it matches. */
  hits: number
}

/** A silence as it shall be, from now on. */
export interface SilenceWish {
  matchers: readonly string[]
  ends_at_ms: number
  comment: string
  times?: readonly unknown[]
}

const ALERTS = '/api/obsv/v1/alerts'
const SILENCES = '/api/obsv/v1/silences'

/** Those that fulfil every matcher. */
export function listAlerts(signal: AbortSignal, filter: readonly string[] = []): Promise<AlertList> {
  return call<AlertList>(ALERTS, { query: { filter }, signal })
}

export function acknowledge(fingerprints: readonly string[], isWanted: boolean): Promise<{ changed: number }> {
  return call(`${ALERTS}/${isWanted ? 'acknowledge' : 'unacknowledge'}`, { method: 'POST', body: { fingerprints } })
}

export async function listSilences(signal: AbortSignal): Promise<Silence[]> {
  return (await call<{ silences: Silence[] }>(SILENCES, { signal })).silences
}

/** The alerts that a silence with these matchers would hit now. */
export function previewSilence(matchers: readonly string[], signal: AbortSignal): Promise<AlertList> {
  return call<AlertList>(`${SILENCES}/preview`, { method: 'POST', body: { matchers }, signal })
}

export function createSilence(wish: SilenceWish): Promise<Silence> {
  return call<Silence>(SILENCES, { method: 'POST', body: wish })
}

export function endSilence(id: string): Promise<void> {
  return call(`${SILENCES}/${encodeURIComponent(id)}`, { method: 'DELETE' })
}
