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
