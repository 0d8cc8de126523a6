/** A rule as its form has it, and back. Pure. */

import type { GroupDocument, Policy, RuleDocument } from './api'

export interface Pair {
  name: string
  value: string
}

export interface Draft {
  kind: 'alert' | 'record'
  name: string
  expr: string
  holds: string
  keeps: string
  severity: string
  summary: string
  description: string
  labels: Pair[]
  annotations: Pair[]
  noData: Policy
  onError: Policy
  isPaused: boolean
  id: string
}

/** What a new rule begins with. */
export function freshDraft(expr = '', wish: Wish = {}): Draft {
  return { ...draftOf({ expr: fixedOf(expr), for: '5m', labels: { severity: 'warning' } }), ...wish }
}

type Wish = Partial<Pick<Draft, 'name' | 'holds' | 'severity' | 'summary' | 'noData'>>

/** What an address says of a new rule beside its expression. */
export function wishOf(query: URLSearchParams): Wish {
  const named = { name: query.get('name'), holds: query.get('for'), severity: query.get('severity'), summary: query.get('summary') }
  const noData = query.get('no_data') === 'ok' && ({ noData: 'ok' } as const)
  return { ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== null)), ...noData }
}

function pairsOf(texts: Readonly<Record<string, string>>, own: readonly string[]): Pair[] {
  return Object.entries(texts).flatMap(([name, value]) => (own.includes(name) ? [] : [{ name, value }]))
}

export function draftOf(rule: RuleDocument): Draft {
  const { labels = {}, annotations = {} } = rule
  return {
    kind: rule.record ? 'record' : 'alert',
    name: rule.alert ?? rule.record ?? '',
    expr: rule.expr,
    holds: rule.for ?? '',
    keeps: rule.keep_firing_for ?? '',
    severity: labels.severity ?? '',
    summary: annotations.summary ?? '',
    description: annotations.description ?? '',
    labels: pairsOf(labels, ['severity']),
    annotations: pairsOf(annotations, ['summary', 'description']),
    noData: rule.no_data ?? 'keep',
    onError: rule.on_error ?? 'keep',
    isPaused: rule.paused ?? false,
    id: rule.id ?? '',
  }
}

function textsOf(own: Readonly<Record<string, string>>, pairs: readonly Pair[]): Record<string, string> {
  const further = pairs.map(({ name, value }) => [name.trim(), value] as const)
  return Object.fromEntries([...Object.entries(own), ...further].filter(([name, value]) => name && value.trim()))
}

/** The rule that a form describes; what is empty is left out. */
export function ruleOf(draft: Draft): RuleDocument {
  const isAlert = draft.kind === 'alert'
  const labels = textsOf({ severity: draft.severity.trim() }, draft.labels)
  const annotations = textsOf({ summary: draft.summary, description: draft.description }, draft.annotations)
  return {
    expr: draft.expr.trim(),
    ...(isAlert ? { alert: draft.name.trim() } : { record: draft.name.trim() }),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(isAlert && {
      ...(draft.holds.trim() && { for: draft.holds.trim() }),
      ...(draft.keeps.trim() && { keep_firing_for: draft.keeps.trim() }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
      no_data: draft.noData,
      on_error: draft.onError,
    }),
    ...(draft.isPaused && { paused: true }),
    ...(draft.id && { id: draft.id }),
  }
}

/** Whether two states of a rule differ in nothing but whether it rests. */
export function isOnlyPaused(one: RuleDocument, other: RuleDocument): boolean {
  return JSON.stringify({ ...one, paused: undefined }) === JSON.stringify({ ...other, paused: undefined })
}

/** The group with a rule put in its place, or at the end, evaluated every `interval`. */
export function groupWith(group: GroupDocument, rule: RuleDocument, interval: string): GroupDocument {
  const rules = group.rules ?? []
  const isThere = Boolean(rule.id) && rules.some(({ id }) => id === rule.id)
  return { ...group, interval, rules: isThere ? rules.map((one) => (one.id === rule.id ? rule : one)) : [...rules, rule] }
}

const FIXED: readonly (readonly [RegExp, string])[] = [
  [/\$(?:__rate_interval\b|\{__rate_interval\})/g, '5m'],
  [/\$(?:__interval\b|\{__interval\})/g, '1m'],
  [/\$(?:__range\b|\{__range\})/g, '1h'],
]

/** An expression of a chart as a rule can have it: what follows the width of a chart is a fixed time. */
export function fixedOf(expr: string): string {
  return FIXED.reduce((text, [variable, time]) => text.replace(variable, time), expr)
}
