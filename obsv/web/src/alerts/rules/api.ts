/** What the API of rules answers, as far as the cabinet reads it. */

import { call } from '../../lib/api'

interface Person {
  id: string
  name: string
}

/** What becomes of alerts where data is missing or the query fails. */
export type Policy = 'keep' | 'ok' | 'alert'

/** A rule as it is written; what is usual is left out. */
export interface RuleDocument {
  expr: string
  record?: string
  alert?: string
  for?: string
  keep_firing_for?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  no_data?: Policy
  on_error?: Policy
  paused?: boolean
  id?: string
}

export interface GroupDocument {
  name: string
  interval?: string
  limit?: number
  query_offset?: string
  labels?: Record<string, string>
  rules?: RuleDocument[]
}

/** A series for which a rule is pending or fires. */
export interface RuleAlert {
  labels: Record<string, string>
  state: 'inactive' | 'pending' | 'firing'
  value: number | null
  active_at_ms: number
  fingerprint: string
}

export interface Rule {
  /** Empty for a recording rule of a file. */
  id: string
  group_id: string
  group: string
  source: 'stored' | 'file'
  rule: RuleDocument
  version: number
  state: 'unknown' | 'inactive' | 'pending' | 'firing' | 'paused'
  health: 'unknown' | 'ok' | 'err'
  error: string
  evaluated_at_ms: number
  seconds: number
  alerts: RuleAlert[]
}

export interface Group {
  /** Empty for a group of a file. */
  id: string
  group: GroupDocument
  source: 'stored' | 'file'
  file: string
  version: number
  /** Whether `obsv apply` keeps it. */
  is_applied: boolean
  /** The ready group that it is, if it is one. */
  preset: string
  evaluated_at_ms: number
  rules: Rule[]
}

interface GroupList {
  groups: Group[]
  stored: number
  limit: number
}

interface SavedGroup {
  id: string
  name: string
  version: number
  is_changed: boolean
  rules: string[]
}

export interface RuleVersion {
  version: number
  rule: RuleDocument
  message: string
  made_at_ms: number
  made_by: Person
}

/** From when to when an alert would have been pending, and have fired (0: it did not). */
export interface Firing {
  active_at_ms: number
  fired_at_ms: number
  ended_at_ms: number
  is_over: boolean
}

/** What would have become of one series. */
export interface TrialLine {
  labels: Record<string, string>
  firings: Firing[]
  fired: number
  firing_s: number
}

export interface TrialResult {
  start_ms: number
  end_ms: number
  /** What is before was left out, unless it is complete. */
  since_ms: number
  step_ms: number
  is_complete: boolean
  series: number
  fired: number
  firing_s: number
  notifications: number
  lines: TrialLine[]
}

export interface Preset {
  key: string
  title: string
  description: string
  group: GroupDocument
  is_on: boolean
  group_id: string
  is_changed: boolean
}

const GROUPS = '/api/obsv/v1/rule-groups'
const RULES = '/api/obsv/v1/rules'
const PRESETS = '/api/obsv/v1/rule-presets'

function one(root: string, id: string, part = ''): string {
  return `${root}/${encodeURIComponent(id)}${part}`
}

export function listGroups(signal?: AbortSignal): Promise<GroupList> {
  return call<GroupList>(GROUPS, signal ? { signal } : {})
}

export function readGroup(id: string): Promise<Group> {
  return call<Group>(one(GROUPS, id))
}

export function createGroup(group: GroupDocument): Promise<SavedGroup> {
  return call<SavedGroup>(GROUPS, { method: 'POST', body: { group } })
}

/** Another version there than this one is a conflict; without one it is overwritten. */
export function saveGroup(id: string, group: GroupDocument, version?: number): Promise<SavedGroup> {
  return call<SavedGroup>(one(GROUPS, id), { method: 'PUT', body: { group, version: version ?? null } })
}

export function deleteGroup(id: string): Promise<void> {
  return call(one(GROUPS, id), { method: 'DELETE' })
}

export function readRule(id: string, signal: AbortSignal): Promise<Rule> {
  return call<Rule>(one(RULES, id), { signal })
}

export function createRule(group_id: string, rule: RuleDocument): Promise<SavedGroup> {
  return call<SavedGroup>(RULES, { method: 'POST', body: { group_id, rule } })
}

export function saveRule(id: string, rule: RuleDocument, version: number): Promise<SavedGroup> {
  return call<SavedGroup>(one(RULES, id), { method: 'PUT', body: { rule, version } })
}

export function pauseRule(id: string, paused: boolean): Promise<SavedGroup> {
  return call<SavedGroup>(one(RULES, id, '/paused'), { method: 'PUT', body: { paused } })
}

export function deleteRule(id: string): Promise<void> {
  return call(one(RULES, id), { method: 'DELETE' })
}

/** Newest first. */
export async function listVersions(id: string, signal: AbortSignal): Promise<RuleVersion[]> {
  return (await call<{ versions: RuleVersion[] }>(one(RULES, id, '/versions'), { signal })).versions
}

export function tryRule(rule: RuleDocument, interval: string, days: number, signal: AbortSignal): Promise<TrialResult> {
  return call<TrialResult>('/api/obsv/v1/backtest', { method: 'POST', body: { rule, interval, days }, signal })
}

export async function listPresets(signal: AbortSignal): Promise<Preset[]> {
  return (await call<{ presets: Preset[] }>(PRESETS, { signal })).presets
}

export function switchPreset(key: string, on: boolean): Promise<Preset> {
  return call<Preset>(one(PRESETS, key), { method: 'PUT', body: { on } })
}

export async function importRules(text: string, replace: boolean): Promise<SavedGroup[]> {
  return (await call<{ groups: SavedGroup[] }>(`${GROUPS}/import`, { method: 'POST', body: { text, replace } })).groups
}

/** Prometheus' rule file of all stored groups, or of one. */
export async function exportRules(group_id = ''): Promise<string> {
  return (await call<{ text: string }>(`${GROUPS}/export`, { query: { group_id } })).text
}
