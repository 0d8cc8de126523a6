/** How alerts are told. */

import { words } from '../lib/i18n'
import type { Alert, AlertState } from './api'

export const STATES: Readonly<Record<AlertState, string>> = {
  active: words('Firing'),
  acknowledged: words('Acknowledged'),
  silenced: words('Silenced'),
  inhibited: words('Inhibited'),
  muted: words('Muted at this time'),
}

/** What is told of an alert, be it one that fires or one that did. */
export type Told = Pick<Alert, 'labels' | 'annotations'>

/** What it is called in its rule. */
export function nameOf({ labels }: Pick<Alert, 'labels'>): string {
  return labels.alertname ?? ''
}

/** What it says of itself, or its name. */
export function titleOf(alert: Told): string {
  return alert.annotations.summary ?? alert.annotations.title ?? (nameOf(alert) || Object.values(alert.labels).join(' '))
}

/** Its labels without the one that its name tells. */
export function marksOf({ labels }: Pick<Alert, 'labels'>): [string, string][] {
  return Object.entries(labels).filter(([name]) => name !== 'alertname' && name !== 'severity')
}

/** A matcher of exactly this value, as the API reads one. */
export function matcherOf(name: string, value: string): string {
  return `${name}=${JSON.stringify(value)}`
}

/** Whether all the words stand somewhere in it. */
export function says(alert: Told, text: string): boolean {
  const all = [...Object.entries(alert.labels), ...Object.entries(alert.annotations)].flat().join(' ').toLowerCase()
  return text.toLowerCase().split(/\s+/).every((word) => all.includes(word))
}

/** Where its query is asked: an address of the web, or nothing; whoever sends alerts may write anything there. */
export function queryOf({ generator_url }: Alert): string {
  return /^https?:\/\//i.test(generator_url) || /^\/(?!\/)/.test(generator_url) ? generator_url : ''
}

const WORST = ['critical', 'page', 'error', 'high']

/** From worst to least, for a colour beside it. */
export function severityOf({ labels }: Pick<Alert, 'labels'>): 'bad' | 'warn' | 'info' {
  const said = (labels.severity ?? '').toLowerCase()
  if (WORST.includes(said)) return 'bad'
  return said === 'info' || said === 'none' ? 'info' : 'warn'
}

const URGENCY = { bad: 0, warn: 1, info: 2 }

/** What waits for somebody first, then the worst, then the newest. */
export function byUrgency(one: Alert, other: Alert): number {
  const [rank, second] = [one, other].map((alert) => (alert.state === 'active' ? 0 : 3) + URGENCY[severityOf(alert)]) as [number, number]
  return rank - second || other.starts_at_ms - one.starts_at_ms
}
