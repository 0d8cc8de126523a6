/** How monitors are told. */

import { duration, seconds } from '../lib/format'
import { pointed, t, tn, words } from '../lib/i18n'
import type { Check, Kind, Result, State, Summary } from './api'

/** In the order in which one wants to see them. */
export const STATES: Readonly<Record<State, string>> = {
  down: words('Down'),
  unknown: words('Unknown'),
  pending: words('Pending'),
  up: words('Up'),
  maintenance: words('Maintenance'),
  paused: words('Paused'),
}

export const KINDS: Readonly<Record<Kind, { label: string; about: string }>> = {
  http: { label: words('Web page'), about: words('Asks an address over HTTP, and looks at the answer.') },
  tcp: { label: words('Port'), about: words('Connects to a port.') },
  ping: { label: words('Ping'), about: words('Sends an ICMP echo to a host.') },
  dns: { label: words('DNS'), about: words('Asks for a record of a name.') },
  heartbeat: { label: words('Heartbeat'), about: words('Waits for a job to report in, such as a backup.') },
}

export const STATE_ORDER = Object.keys(STATES) as State[]
export const KIND_ORDER = Object.keys(KINDS) as Kind[]

const DAY_MS = 86_400_000
const SOON_DAYS = 14

/** What is wrong first, then by name. */
export function byUrgency(one: Pick<Summary, 'state' | 'name'>, other: Pick<Summary, 'state' | 'name'>): number {
  const urgent = (state: State): number => (state === 'down' ? 0 : state === 'unknown' ? 1 : 2)
  return urgent(one.state) - urgent(other.state) || one.name.localeCompare(other.name, undefined, { numeric: true })
}

/** Whether all the words stand in its name, target or tags. */
export function says({ name, target, tags }: Pick<Summary, 'name' | 'target' | 'tags'>, text: string): boolean {
  const all = [name, target, ...tags].join('\n').toLowerCase()
  return text.toLowerCase().split(/\s+/).every((word) => all.includes(word))
}

/** An availability as people compare it: "99.95 %", and never a whole hundred that it is not. */
export function share(ratio: number | null): string {
  if (ratio === null) return '–'
  const text = ratio === 1 ? '100' : ratio >= 0.9 ? (Math.floor(ratio * 10_000 + 1e-6) / 100).toFixed(2) : (ratio * 100).toFixed(1)
  return `${pointed(text)}\u00a0%`
}

/** Whole days until a certificate ends; negative once it has. */
export function daysLeft(endsMs: number, nowMs: number): number {
  return Math.floor((endsMs - nowMs) / DAY_MS)
}

export function isEndingSoon(endsMs: number, nowMs: number): boolean {
  return endsMs > 0 && daysLeft(endsMs, nowMs) < SOON_DAYS
}

/** How long a certificate holds. */
export function certificateWords(endsMs: number, nowMs: number): string {
  const days = daysLeft(endsMs, nowMs)
  return days < 0 ? t('ended') : tn(days, '{n} day', '{n} days')
}

/** What is watched: a heartbeat's as people say it. */
export function targetWords(kind: Kind, target: string): string {
  const period = kind === 'heartbeat' ? /^(\d+)s$/.exec(target) : null
  return period ? t('every {time}', { time: duration(Number(period[1])) }) : target
}

/** When a job is to report. */
export function expectationWords(check: Extract<Check, { kind: 'heartbeat' }>): string {
  const grace = duration(check.grace_s ?? 3600)
  if (check.cron) return t('by {cron} ({zone}), within {grace}', { cron: check.cron, zone: check.time_zone ?? 'UTC', grace })
  return t('every {time}, within {grace}', { time: duration(check.period_s ?? 86_400), grace })
}

export const PHASES: readonly { key: keyof NonNullable<Result['phases']>; label: string; others: string }[] = [
  { key: 'resolve_s', label: words('Resolve the name'), others: words('Resolve the name') },
  { key: 'connect_s', label: words('Connect'), others: words('Connect') },
  { key: 'tls_s', label: words('TLS'), others: words('TLS') },
  { key: 'wait_s', label: words('Wait for the first byte'), others: words('Wait for the answer') },
  { key: 'transfer_s', label: words('Receive'), others: words('Receive') },
]

export const OUTCOMES: Readonly<Record<Result['outcome'], string>> = {
  ok: words('The check succeeds'),
  failed: words('The check fails'),
  refused: words('It cannot be checked'),
}

/** The result of a check, in one line. */
export function resultLine({ outcome, reason = '', duration_s = 0 }: Result): string {
  const told = t(OUTCOMES[outcome])
  return outcome === 'ok' ? `${told} (${seconds(duration_s)})` : `${told}: ${reason}`
}
