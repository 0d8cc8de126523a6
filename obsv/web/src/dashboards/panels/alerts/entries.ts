/** Alerts that fire and alerts that fired, as one list. Pure. */

import type { Alert } from '../../../alerts/api'
import type { Firing } from '../../../alerts/history/api'
import { nameOf, severityOf, STATES } from '../../../alerts/words'
import { words } from '../../../lib/i18n'
import type { AlertList } from '../../model'

export interface Entry {
  key: string
  labels: Record<string, string>
  annotations: Record<string, string>
  /** A text to be told in the person's language; empty where it goes without saying. */
  state: string
  fromMs: number
  /** 0 while it fires. */
  toMs: number
  /** Where it stands. */
  section: '' | 'history'
  query: string
}

export function fromAlert({ fingerprint, labels, annotations, state, starts_at_ms }: Alert): Entry {
  return { key: fingerprint, labels, annotations, state: state === 'active' ? '' : STATES[state], fromMs: starts_at_ms, toMs: 0, section: '', query: `?alert=${fingerprint}` }
}

export function fromFiring({ id, labels, annotations, fired_at_ms, ended_at_ms }: Firing): Entry {
  // With a time around it: the history may begin later.
  const query = `?firing=${id}&from=${fired_at_ms - 60_000}&to=${(ended_at_ms || fired_at_ms) + 60_000}`
  return { key: id, labels, annotations, state: ended_at_ms ? '' : words('fires still'), fromMs: fired_at_ms, toMs: ended_at_ms, section: 'history', query }
}

const RANKS = ['bad', 'warn', 'info']

export function sorted(entries: readonly Entry[], by: AlertList['sort']): Entry[] {
  const newest = entries.toSorted((a, b) => b.fromMs - a.fromMs)
  if (by === 'oldest') return newest.reverse()
  if (by === 'name') return newest.sort((a, b) => nameOf(a).localeCompare(nameOf(b), 'en', { numeric: true }))
  if (by === 'severity') return newest.sort((a, b) => RANKS.indexOf(severityOf(a)) - RANKS.indexOf(severityOf(b)))
  return newest
}
