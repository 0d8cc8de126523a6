/** Words of status pages, and what is told of their parts. */

import { t, words } from '../lib/i18n'
import type { Affected, AlertAction, Impact, Maintenance, Mailing, StateName, Status } from './api'

export const STATES: Readonly<Record<StateName, string>> = {
  operational: words('Operational'),
  degraded: words('Degraded'),
  partial_outage: words('Partial outage'),
  major_outage: words('Major outage'),
  maintenance: words('Maintenance'),
}

/** From best to worst. */
export const AFFECTED: readonly Affected[] = ['operational', 'degraded', 'partial_outage', 'major_outage']

export const IMPACTS: Readonly<Record<Impact, string>> = { none: words('No impact'), minor: words('Minor'), major: words('Major'), critical: words('Critical') }

/** In the order in which an incident goes through them. */
export const STATUSES: Readonly<Record<Status, string>> = {
  investigating: words('Investigating'),
  identified: words('Identified'),
  monitoring: words('Monitoring'),
  resolved: words('Resolved'),
}

export const MAINTENANCE_STATES: Readonly<Record<Maintenance['state'], string>> = {
  scheduled: words('Planned'),
  in_progress: words('Under way'),
  completed: words('Over'),
  cancelled: words('Called off'),
}

export const ALERT_ACTIONS: readonly { value: AlertAction; label: string }[] = [
  { value: 'state', label: words('No incident') },
  { value: 'draft', label: words('An incident as a draft') },
  { value: 'published', label: words('An incident, with mail') },
]

/** Minutes before a maintenance begins; 0: no reminder. */
export const REMINDERS: readonly { minutes: number; label: string }[] = [
  { minutes: 0, label: words('No reminder') },
  { minutes: 60, label: words('1 hour before') },
  { minutes: 1440, label: words('1 day before') },
  { minutes: 10_080, label: words('1 week before') },
]

/** A colour by what it means; a word stands beside it. */
export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'none'

export const TONES: Readonly<Record<StateName, Tone>> = { operational: 'ok', degraded: 'warn', partial_outage: 'warn', major_outage: 'bad', maintenance: 'info' }
export const IMPACT_TONES: Readonly<Record<Impact, Tone>> = { none: 'none', minor: 'warn', major: 'warn', critical: 'bad' }

const LONGEST_SLUG = 48
const UMLAUTS: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss' }

/** A name for the address, of a title; empty if nothing of it can stand there. */
export function slugOf(title: string): string {
  const plain = title
    .toLowerCase()
    .replace(/[äöüß]/g, (letter) => UMLAUTS[letter] ?? letter)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
  return plain.replace(/[^a-z0-9]+/g, '-').slice(0, LONGEST_SLUG).replace(/^-+|-+$/g, '')
}

/** How far a mail is, in words. */
export function mailWords({ state, total, sent, failed }: Mailing): string {
  const told = t('{sent} of {total} mails sent', { sent, total })
  const more = [failed > 0 ? t('{count} failed', { count: failed }) : '', state === 'paused' ? t('paused') : ''].filter(Boolean)
  return [told, ...more].join(', ')
}
