/** What the API of dashboards answers, as far as the cabinet reads it. */

import { call } from '../lib/api'
import { completeDashboard } from './complete'
import type { Dashboard } from './model'

/** Made here; standing in a file of the instance; shipped with obsv. */
export type Origin = 'stored' | 'file' | 'builtin'

export interface Match {
  where: string
  text: string
}

export interface DashboardSummary {
  key: string
  title: string
  description: string
  folder: string
  tags: string[]
  source: Origin
  updated_at_ms: number
  updated_by: { name: string }
  is_starred: boolean
  panels: number
  matches: Match[]
}

export interface DashboardList {
  dashboards: DashboardSummary[]
  total: number
}

export interface DashboardView {
  dashboard: Dashboard
  source: Origin
  updated_at_ms: number
  updated_by: { name: string }
  is_starred: boolean
  may_edit: boolean
  file: string
}

const PATH = '/api/obsv/v1/dashboards'

function pathOf(key: string): string {
  return `${PATH}/${encodeURIComponent(key)}`
}

export interface Filter {
  q: string
  tag: string
  folder: string
  isStarred: boolean
}

export function listDashboards({ q, tag, folder, isStarred }: Filter, signal: AbortSignal): Promise<DashboardList> {
  const query = { ...(q ? { q } : {}), ...(tag ? { tag } : {}), ...(folder ? { folder } : {}), ...(isStarred ? { starred: 'true' } : {}) }
  return call<DashboardList>(PATH, { query, signal })
}

/** A dashboard, whole. */
export async function openDashboard(key: string, signal: AbortSignal): Promise<DashboardView> {
  const view = await call<DashboardView>(pathOf(key), { signal })
  return { ...view, dashboard: completeDashboard(view.dashboard) }
}

export function star(key: string, isStarred: boolean): Promise<void> {
  return call(`${pathOf(key)}/star`, { method: isStarred ? 'PUT' : 'DELETE' })
}
