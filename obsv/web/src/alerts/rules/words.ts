/** How rules and trials are told. */

import type { ApiError } from '../../lib/api'
import { duration } from '../../lib/format'
import { t, tn, words } from '../../lib/i18n'
import type { Policy, Rule, TrialLine, TrialResult } from './api'

export type RuleState = 'error' | Rule['state']

export const STATES: Readonly<Record<RuleState, string>> = {
  firing: words('Firing'),
  pending: words('Pending'),
  error: words('Error'),
  inactive: words('Inactive'),
  unknown: words('Not evaluated yet'),
  paused: words('Paused'),
}

export const POLICIES: readonly { value: Policy; label: string }[] = [
  { value: 'keep', label: words('Keep the state') },
  { value: 'ok', label: words('Resolve') },
  { value: 'alert', label: words('Alert') },
]

/** How it is: that it cannot be evaluated counts more than what it last found. */
export function stateOf(rule: Pick<Rule, 'state' | 'health'>): RuleState {
  return rule.health === 'err' && rule.state !== 'paused' ? 'error' : rule.state
}

export function nameOf({ rule }: Pick<Rule, 'rule'>): string {
  return rule.alert ?? rule.record ?? ''
}

/** Whether all the words stand in its name, group, labels or expression. */
export function says(rule: Pick<Rule, 'rule' | 'group'>, text: string): boolean {
  const all = [nameOf(rule), rule.group, rule.rule.expr, ...Object.entries(rule.rule.labels ?? {}).flat()].join(' ').toLowerCase()
  return text.toLowerCase().split(/\s+/).every((word) => all.includes(word))
}

/** What a trial came to, in a sentence. */
export function trialWords({ fired, firing_s, notifications }: Pick<TrialResult, 'fired' | 'firing_s' | 'notifications'>): string {
  if (fired === 0) return t('It would not have fired.')
  const messages = tn(notifications, '{n} notification', '{n} notifications')
  return tn(fired, 'It would have fired {n} time, for {time}: {messages}.', 'It would have fired {n} times, for {time} in all: {messages}.', { time: duration(firing_s), messages })
}

/** The same of one series. */
export function lineWords({ fired, firing_s, firings }: Pick<TrialLine, 'fired' | 'firing_s' | 'firings'>): string {
  if (fired > 0) return tn(fired, '{n} time, {time}', '{n} times, {time}', { time: duration(firing_s) })
  return tn(firings.length, '{n} time pending only', '{n} times pending only')
}

/** Labels that tell a series of a trial from the others. */
export function seriesName(labels: Readonly<Record<string, string>>): string {
  const own = Object.entries(labels).filter(([name]) => name !== 'alertname' && name !== 'severity')
  return own.map(([name, value]) => `${name}=${value}`).join(' ') || t('no labels')
}

/** What is wrong with a rule, without where in the group it stands. */
export function told({ title, detail, errors, requestId }: ApiError): { title: string; detail: string; requestId: string } {
  const said = [...new Set(errors.map(({ pointer, detail: one }) => (/^\/rules\/\d+$|^\/?$/.test(pointer) ? one : `${pointer.slice(1)} ${one}`)))].join('; ')
  return { title, detail: said || detail, requestId }
}
