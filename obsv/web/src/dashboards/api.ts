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
  may_edit: boolean
  panels: number
  matches: Match[]
  /** Of one in the bin. */
  deleted_at_ms: number | null
}

export interface DashboardList {
  dashboards: DashboardSummary[]
  total: number
}

export interface DashboardView {
  dashboard: Dashboard
  source: Origin
  version: number
  updated_at_ms: number
  updated_by: { name: string }
  is_starred: boolean
  may_edit: boolean
  file: string
}

export const PATH = '/api/obsv/v1/dashboards'

export function pathOf(key: string): string {
  return `${PATH}/${encodeURIComponent(key)}`
}

export interface Filter {
  q: string
  tag: string
  folder: string
  isStarred: boolean
  /** What lies in the bin, instead of what stands. */
  isDeleted?: boolean
}

export function listDashboards({ q, tag, folder, isStarred, isDeleted = false }: Filter, signal: AbortSignal): Promise<DashboardList> {
  const texts = { ...(q ? { q } : {}), ...(tag ? { tag } : {}), ...(folder ? { folder } : {}) }
  const query = { ...texts, ...(isStarred ? { starred: 'true' } : {}), ...(isDeleted ? { deleted: 'true' } : {}) }
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
