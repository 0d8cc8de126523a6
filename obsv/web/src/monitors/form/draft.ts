/** A monitor as its form has it, and back. Pure. */

import { durationS, durationText } from '../../lib/time'
import type { Check, Condition, Dns, Heartbeat, Http, Kind, Monitor, Tcp } from '../api'

export interface Pair {
  name: string
  value: string
}

/** A secret header: an empty value of one that is kept stays as it is. */
export interface SecretPair extends Pair {
  isKept: boolean
}

/** All fields of all kinds, as they are typed. */
export interface Draft {
  kind: Kind
  name: string
  key: string
  description: string
  tags: string
  interval: string
  timeout: string
  failures: string
  retry: string
  isPaused: boolean
  url: string
  method: string
  headers: Pair[]
  secrets: SecretPair[]
  user: string
  password: string
  isPasswordKept: boolean
  body: string
  statuses: string
  contains: string
  lacks: string
  conditions: Required<Condition>[]
  redirects: string
  maxBytes: string
  host: string
  port: string
  tls: boolean
  verifyTls: boolean
  ca: string
  certificateDays: string
  hostname: string
  record: string
  answers: string
  exactly: boolean
  server: string
  dnsPort: string
  schedule: 'period' | 'cron'
  period: string
  cron: string
  timeZone: string
  grace: string
}

const KIB = 1024

/** What a new monitor begins with: as the server has it. */
export function freshDraft(kind: Kind, timeZone: string): Draft {
  const usual = { interval: '60', timeout: '10', failures: '2', retry: '15', isPaused: false }
  const http = { url: '', method: 'GET', headers: [], secrets: [], user: '', password: '', isPasswordKept: false, body: '', statuses: '200-299', contains: '', lacks: '', conditions: [], redirects: '5', maxBytes: '1024' }
  const net = { host: '', port: '', tls: false, verifyTls: true, ca: '', certificateDays: '0' }
  const dns = { hostname: '', record: 'A', answers: '', exactly: false, server: '', dnsPort: '53' }
  const beat = { schedule: 'period', period: '1d', cron: '', timeZone, grace: '1h' } as const
  return { kind, name: '', key: '', description: '', tags: '', ...usual, ...http, ...net, ...dns, ...beat }
}

function httpDraft(check: Http): Partial<Draft> {
  const { url, method = 'GET', headers = {}, secret_headers = {}, user = '', body = '', statuses = ['200-299'], contains = '', lacks = '' } = check
  return {
    ...{ url, method, user, body, contains, lacks, isPasswordKept: user !== '', statuses: statuses.join(', ') },
    headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
    secrets: Object.keys(secret_headers).map((name) => ({ name, value: '', isKept: true })),
    conditions: (check.json ?? []).map(({ path, op = 'exists', value = '' }) => ({ path, op, value })),
    redirects: String(check.max_redirects ?? 5),
    maxBytes: String((check.max_bytes ?? KIB * KIB) / KIB),
  }
}

function certificateDraft({ verify_tls = true, ca = '', certificate_days = 0 }: Http | Tcp): Partial<Draft> {
  return { verifyTls: verify_tls, ca, certificateDays: String(certificate_days) }
}

function heartbeatDraft({ period_s = 86_400, cron = '', time_zone = 'UTC', grace_s = 3600 }: Heartbeat): Partial<Draft> {
  return { schedule: cron ? 'cron' : 'period', period: durationText(period_s), cron, timeZone: time_zone, grace: durationText(grace_s) }
}

function checkDraft(check: Check): Partial<Draft> {
  switch (check.kind) {
    case 'http':
      return { ...httpDraft(check), ...certificateDraft(check) }
    case 'tcp':
      return { host: check.host, port: String(check.port), tls: check.tls ?? false, ...certificateDraft(check) }
    case 'ping':
      return { host: check.host }
    case 'dns':
      return { hostname: check.hostname, record: check.record ?? 'A', answers: (check.answers ?? []).join('\n'), exactly: check.exactly ?? false, server: check.server ?? '', dnsPort: String(check.port ?? 53) }
    case 'heartbeat':
      return heartbeatDraft(check)
  }
}

export function draftOf(monitor: Monitor): Draft {
  const { check, name, key, description = '', tags = [], interval_s = 60, timeout_s = 10, failures = 2, retry_s = 15, is_paused = false } = monitor
  return {
    ...freshDraft(check.kind, 'UTC'),
    ...{ name, key, description, tags: tags.join(', '), isPaused: is_paused },
    ...{ interval: String(interval_s), timeout: String(timeout_s), failures: String(failures), retry: String(retry_s) },
    ...checkDraft(check),
  }
}

function listed(text: string, separator: RegExp): string[] {
  return text.split(separator).map((one) => one.trim()).filter(Boolean)
}

function named<T extends Pair, V>(pairs: readonly T[], valueOf: (pair: T) => V): Record<string, V> {
  return Object.fromEntries(pairs.filter(({ name }) => name.trim()).map((pair) => [pair.name.trim(), valueOf(pair)]))
}

/** What the form says of the certificate. */
function certificateOf({ verifyTls, ca, certificateDays }: Draft): Pick<Tcp, 'verify_tls' | 'ca' | 'certificate_days'> {
  return { verify_tls: verifyTls, ca: ca.trim(), certificate_days: Number(certificateDays) }
}

function httpOf(draft: Draft): Http {
  const { user, password, isPasswordKept, method, body, contains, lacks } = draft
  return {
    ...{ kind: 'http', url: draft.url.trim(), method, body, contains, lacks, user: user.trim() },
    password: user.trim() && !(isPasswordKept && password === '') ? password : null,
    headers: named(draft.headers, ({ value }) => value),
    secret_headers: named(draft.secrets, ({ value, isKept }) => (isKept && value === '' ? null : value)),
    statuses: listed(draft.statuses, /[\s,]+/),
    json: draft.conditions.filter(({ path }) => path.trim()).map(({ path, op, value }) => ({ path: path.trim(), op, value: op === 'exists' || op === 'lacks' ? '' : value })),
    max_redirects: Number(draft.redirects),
    max_bytes: Math.round(Number(draft.maxBytes) * KIB),
    ...certificateOf(draft),
  }
}

function dnsOf(draft: Draft): Dns {
  const answers = listed(draft.answers, /\n/)
  return { kind: 'dns', hostname: draft.hostname.trim(), record: draft.record, answers, exactly: draft.exactly && answers.length > 0, server: draft.server.trim(), port: Number(draft.dnsPort) }
}

function heartbeatOf({ schedule, period, cron, timeZone, grace }: Draft): Heartbeat {
  const when = schedule === 'cron' ? { cron: cron.trim(), time_zone: timeZone.trim() } : { period_s: durationS(period.trim()) ?? 0 }
  return { kind: 'heartbeat', ...when, grace_s: durationS(grace.trim()) ?? 0 }
}

function checkOf(draft: Draft): Check {
  switch (draft.kind) {
    case 'http':
      return httpOf(draft)
    case 'tcp':
      return { kind: 'tcp', host: draft.host.trim(), port: Number(draft.port), tls: draft.tls, ...(draft.tls && certificateOf(draft)) }
    case 'ping':
      return { kind: 'ping', host: draft.host.trim() }
    case 'dns':
      return dnsOf(draft)
    case 'heartbeat':
      return heartbeatOf(draft)
  }
}

/** The monitor that a form describes. */
export function monitorOf(draft: Draft): Monitor {
  const { name, key, description, tags, interval, timeout, failures, retry, isPaused } = draft
  return {
    ...{ key: key.trim(), name: name.trim(), description: description.trim(), tags: listed(tags, /,/), is_paused: isPaused },
    ...(draft.kind !== 'heartbeat' && { interval_s: Number(interval), timeout_s: Number(timeout), failures: Number(failures), retry_s: Number(retry) }),
    check: checkOf(draft),
  }
}

/** What a monitor is called until somebody calls it something else. */
export function nameFor({ kind, url, host, port, hostname, record }: Draft): string {
  if (kind === 'http') return url.trim().replace(/^https?:\/\//i, '').replace(/[/?#]*$/, '').slice(0, 90)
  if (kind === 'tcp') return host.trim() && port.trim() ? `${host.trim()}:${port.trim()}` : host.trim()
  if (kind === 'ping') return host.trim()
  return kind === 'dns' && hostname.trim() ? `${hostname.trim()} ${record}` : ''
}
