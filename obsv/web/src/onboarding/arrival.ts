/** What a token has brought since it was made, and what of it is new here. */

import { listDashboards, type DashboardSummary } from '../dashboards/api'
import { call } from '../lib/api'
import type { CreatedToken, Host, HostList } from '../lib/types'
import { t } from '../lib/i18n'

export interface Refusal {
  at_ms: number
  /** 200 where other samples of the same request were kept. */
  status: number
  words: string
}

export interface Arrivals {
  samples: number
  refused: number
  last_ms: number | null
  refusal: Refusal | null
}

/** What was here already. */
interface Known {
  senders: ReadonlySet<string>
  dashboards: ReadonlySet<string>
}

export interface MadeToken extends CreatedToken {
  known: Known
}

/** What is here that was not. */
export interface News {
  senders: string[]
  hosts: Host[]
  dashboards: DashboardSummary[]
}

/** Labels that say who sends, the surest first; OpenTelemetry's programs may have but a job. */
const SENDERS = ['instance', 'host', 'job']
const MOST = 10_000
const RECENT_S = 3600
const EVERY = { q: '', tag: '', folder: '', isStarred: false }

async function senders(signal: AbortSignal): Promise<string[]> {
  const query = { start: Math.floor(Date.now() / 1000) - RECENT_S, limit: MOST }
  const found = await Promise.all(SENDERS.map((label) => call<{ data: string[] }>(`/api/v1/label/${label}/values`, { query, signal })))
  return found.flatMap(({ data }, index) => data.map((value) => `${SENDERS[index] ?? ''}=${value}`))
}

/** A token that can do nothing but send metrics, and what is here before it is used. */
export async function makeToken(signal: AbortSignal): Promise<MadeToken> {
  const name = t('Send data, made {when} UTC', { when: new Date().toISOString().slice(0, 16).replace('T', ' ') })
  const [before, { dashboards }] = await Promise.all([senders(signal), listDashboards(EVERY, signal)])
  const token = await call<CreatedToken>('/api/obsv/v1/tokens', { method: 'POST', body: { name, scopes: ['metrics:write'], expires_days: null }, signal })
  return { ...token, known: { senders: new Set(before), dashboards: new Set(dashboards.map(({ key }) => key)) } }
}

export function countArrivals({ id }: CreatedToken, signal: AbortSignal): Promise<Arrivals> {
  return call<Arrivals>(`/api/obsv/v1/tokens/${encodeURIComponent(id)}/arrivals`, { signal })
}

/** Who began to send, and the dashboards that came with what they send. */
export async function findNews({ known }: MadeToken, signal: AbortSignal): Promise<News> {
  const [now, { hosts }, { dashboards }] = await Promise.all([senders(signal), call<HostList>('/api/obsv/v1/hosts', { signal }), listDashboards(EVERY, signal)])
  const fresh = now.filter((sender) => !known.senders.has(sender))
  const [surest = ''] = SENDERS.filter((label) => fresh.some((sender) => sender.startsWith(`${label}=`)))
  return {
    senders: fresh.filter((sender) => sender.startsWith(`${surest}=`)).map((sender) => sender.slice(surest.length + 1)),
    hosts: hosts.filter(({ instance }) => fresh.includes(`instance=${instance}`)),
    dashboards: dashboards.filter(({ key }) => !known.dashboards.has(key)),
  }
}
