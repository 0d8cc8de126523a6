/** Dashboards by folder. Pure. */

import { grouped } from '../../lib/grouped'
import type { DashboardSummary } from '../api'

export interface Group {
  folder: string
  dashboards: DashboardSummary[]
}

/** Those in no folder first, then folders by name; within, the order stays. */
export function groupsOf(dashboards: readonly DashboardSummary[]): Group[] {
  const groups = grouped(dashboards, ({ folder }) => folder)
  return [...groups].map(([folder, members]) => ({ folder, dashboards: members })).sort((a, b) => a.folder.localeCompare(b.folder, 'en', { numeric: true }))
}

/** Of those in the bin under one key only what was thrown away last comes back. */
export function newestOf(dashboards: readonly DashboardSummary[]): DashboardSummary[] {
  const newest = new Map<string, DashboardSummary>()
  for (const one of dashboards) {
    if ((newest.get(one.key)?.deleted_at_ms ?? -1) < (one.deleted_at_ms ?? 0)) newest.set(one.key, one)
  }
  return [...newest.values()]
}
