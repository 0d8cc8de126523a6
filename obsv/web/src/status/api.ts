/** What the API of status pages answers, as far as the cabinet reads it. */

import { call } from '../lib/api'

export type Affected = 'operational' | 'degraded' | 'partial_outage' | 'major_outage'
export type StateName = Affected | 'maintenance'
export type Impact = 'none' | 'minor' | 'major' | 'critical'
export type Status = 'investigating' | 'identified' | 'monitoring' | 'resolved'
export type AlertAction = 'state' | 'draft' | 'published'

export interface PageWish {
  slug: string
  title: string
  description: string
  host: string
  is_public: boolean
}

export interface StatusPage extends PageWish {
  id: string
  /** Where people find it. */
  url: string
  state: StateName
  /** Those who confirmed. */
  subscribers: number
}

export interface ComponentWish {
  name: string
  group: string
  description: string
  monitors: readonly string[]
  matchers: string
  alert_state: Affected
  alert_action: AlertAction
  shows_uptime: boolean
}

export interface Component extends ComponentWish {
  id: string
  page_id: string
  state: StateName
  set_by_hand: StateName | null
}

/** How far a mail to many is: `queued` of `total` are on their way, of them `sent` left and `failed` did not. */
export interface Mailing {
  id: string
  topic: string
  state: 'sending' | 'paused' | 'done'
  total: number
  queued: number
  sent: number
  failed: number
  created_at_ms: number
}

export interface Update {
  id: string
  status: Status
  text: string
  at_ms: number
  edited_at_ms: number | null
  mailing: Mailing | null
}

export type States = Readonly<Record<string, Affected>>

export interface Incident {
  id: string
  page_id: string
  title: string
  impact: Impact
  status: Status
  components: States
  is_draft: boolean
  by_alert: boolean
  started_at_ms: number
  resolved_at_ms: number | null
  postmortem: string
  url: string
  /** Newest first. */
  updates: Update[]
}

export interface IncidentList {
  incidents: Incident[]
  /** There are no older ones. */
  is_complete: boolean
}

export interface IncidentWish {
  page_id: string
  title: string
  text: string
  impact: Impact
  status: Status
  components: States
  is_draft: boolean
  notify: boolean
  started_at_ms?: number
}

export interface UpdateWish {
  status: Status
  text: string
  components?: States
  notify: boolean
}

export interface IncidentChange {
  title?: string
  impact?: Impact
  started_at_ms?: number
  resolved_at_ms?: number
}

export interface MaintenanceWish {
  title: string
  text: string
  components: readonly string[]
  starts_at_ms: number
  ends_at_ms: number
  /** 0: nobody is reminded. */
  reminder_min: number
}

export interface Maintenance extends MaintenanceWish {
  id: string
  page_id: string
  state: 'scheduled' | 'in_progress' | 'completed' | 'cancelled'
  notify: boolean
  url: string
  mailings: Mailing[]
}

export type Step = 'begin' | 'end' | 'cancel'

export interface Subscriber {
  id: string
  email: string
  /** None: all of them. */
  components: string[]
  is_confirmed: boolean
  created_at_ms: number
}

export interface SubscriberList {
  subscribers: Subscriber[]
  total: number
  /** Asks for the next ones as `before`; empty at the end. */
  next: string
}

export interface Watched {
  id: string
  name: string
  kind: string
  target: string
}

const API = '/api/obsv/v1'
const PAGES = `${API}/status-pages`
const INCIDENTS = `${API}/incidents`
const MAINTENANCES = `${API}/maintenances`
const SUBSCRIBERS = `${API}/subscribers`

function at(path: string, ...parts: readonly string[]): string {
  return [path, ...parts.map(encodeURIComponent)].join('/')
}

// Pages

export async function listPages(signal: AbortSignal): Promise<StatusPage[]> {
  return (await call<{ pages: StatusPage[] }>(PAGES, { signal })).pages
}
export function readPage(id: string, signal: AbortSignal): Promise<StatusPage> {
  return call(at(PAGES, id), { signal })
}
export function createPage(body: PageWish): Promise<StatusPage> {
  return call(PAGES, { method: 'POST', body })
}
export function putPage(id: string, { slug, title, description, host, is_public }: PageWish): Promise<StatusPage> {
  return call(at(PAGES, id), { method: 'PUT', body: { slug, title, description, host, is_public } })
}
export function deletePage(id: string): Promise<void> {
  return call(at(PAGES, id), { method: 'DELETE' })
}

// Components

export async function listComponents(page: string, signal: AbortSignal): Promise<Component[]> {
  return (await call<{ components: Component[] }>(at(PAGES, page, 'components'), { signal })).components
}
export function createComponent(page: string, body: ComponentWish): Promise<Component> {
  return call(at(PAGES, page, 'components'), { method: 'POST', body })
}
export function putComponent({ page_id, id }: Component, body: ComponentWish): Promise<Component> {
  return call(at(PAGES, page_id, 'components', id), { method: 'PUT', body })
}
export function deleteComponent({ page_id, id }: Component): Promise<void> {
  return call(at(PAGES, page_id, 'components', id), { method: 'DELETE' })
}
export function orderComponents(page: string, ids: readonly string[]): Promise<unknown> {
  return call(at(PAGES, page, 'components', 'order'), { method: 'PUT', body: { ids } })
}
/** Nothing leaves it to monitors, alerts and incidents again. */
export function setState({ page_id, id }: Component, state: StateName | null): Promise<Component> {
  return call(at(PAGES, page_id, 'components', id, 'state'), { method: 'PUT', body: { state } })
}
export async function listMonitors(signal: AbortSignal): Promise<Watched[]> {
  return (await call<{ monitors: Watched[] }>(`${API}/monitors`, { signal })).monitors
}

// Subscribers

export function listSubscribers(page: string, before: string, signal: AbortSignal): Promise<SubscriberList> {
  return call(SUBSCRIBERS, { query: { page_id: page, before }, signal })
}
/** How many get a mail of news about these components, or about all. */
export async function countSubscribers(page: string, component: readonly string[], signal: AbortSignal): Promise<number> {
  return (await call<{ count: number }>(`${SUBSCRIBERS}/count`, { query: { page_id: page, component }, signal })).count
}
export function removeSubscriber(id: string): Promise<void> {
  return call(at(SUBSCRIBERS, id), { method: 'DELETE' })
}

// Incidents

/** Newest first; those of a page, if one is named, that began before a time, if one is given. */
export function listIncidents({ page, isOpen = false, before }: { page: string; isOpen?: boolean; before?: number | undefined }, signal: AbortSignal): Promise<IncidentList> {
  const query = { page_id: page, is_open: String(isOpen), limit: isOpen ? 200 : 30, ...(before === undefined ? {} : { before_ms: before }) }
  return call(INCIDENTS, { query, signal })
}
export function readIncident(id: string, signal: AbortSignal): Promise<Incident> {
  return call(at(INCIDENTS, id), { signal })
}
export function createIncident(body: IncidentWish): Promise<Incident> {
  return call(INCIDENTS, { method: 'POST', body })
}
export function changeIncident(id: string, body: IncidentChange): Promise<Incident> {
  return call(at(INCIDENTS, id), { method: 'PATCH', body })
}
export function deleteIncident(id: string): Promise<void> {
  return call(at(INCIDENTS, id), { method: 'DELETE' })
}
export function publishIncident(id: string, notify: boolean): Promise<Incident> {
  return call(at(INCIDENTS, id, 'publish'), { method: 'POST', body: { notify } })
}
export function createUpdate(id: string, body: UpdateWish): Promise<Incident> {
  return call(at(INCIDENTS, id, 'updates'), { method: 'POST', body })
}
export function changeUpdate(id: string, update: string, text: string): Promise<Incident> {
  return call(at(INCIDENTS, id, 'updates', update), { method: 'PUT', body: { text } })
}
export function deleteUpdate(id: string, update: string): Promise<void> {
  return call(at(INCIDENTS, id, 'updates', update), { method: 'DELETE' })
}
export function putPostmortem(id: string, text: string): Promise<Incident> {
  return call(at(INCIDENTS, id, 'postmortem'), { method: 'PUT', body: { text } })
}

// Maintenance

/** Those to come and under way, or those that are past; the latest first. */
export async function listMaintenances(page: string, isOver: boolean, signal: AbortSignal): Promise<Maintenance[]> {
  const query = { page_id: page, is_over: String(isOver) }
  return (await call<{ maintenances: Maintenance[] }>(MAINTENANCES, { query, signal })).maintenances
}
export function readMaintenance(id: string, signal: AbortSignal): Promise<Maintenance> {
  return call(at(MAINTENANCES, id), { signal })
}
export function createMaintenance(body: MaintenanceWish & { page_id: string; notify: boolean }): Promise<Maintenance> {
  return call(MAINTENANCES, { method: 'POST', body })
}
export function changeMaintenance(id: string, body: MaintenanceWish): Promise<Maintenance> {
  return call(at(MAINTENANCES, id), { method: 'PATCH', body })
}
export function stepMaintenance(id: string, step: Step): Promise<Maintenance> {
  return call(at(MAINTENANCES, id, 'step'), { method: 'POST', body: { step } })
}
export function deleteMaintenance(id: string): Promise<void> {
  return call(at(MAINTENANCES, id), { method: 'DELETE' })
}
