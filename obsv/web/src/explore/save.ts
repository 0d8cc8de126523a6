/** What was explored, put on a dashboard. */

import { call } from '../lib/api'
import { completeDashboard } from '../dashboards/complete'
import { COLUMNS, type Dashboard, type Panel } from '../dashboards/model'
import { t } from '../lib/i18n'

export interface Target {
  key: string
  title: string
  folder: string
}

interface Listed extends Target {
  may_edit: boolean
}

const PATH = '/api/obsv/v1/dashboards'
const HEIGHT = 9

/** Dashboards that the person may change. */
export async function targets(signal: AbortSignal): Promise<Target[]> {
  const { dashboards } = await call<{ dashboards: Listed[] }>(PATH, { query: { limit: 1000 }, signal })
  return dashboards.filter(({ may_edit }) => may_edit)
}

/** A key from a title, as addresses have it. */
export function keyOf(title: string): string {
  const plain = title.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 40)
  return `${plain || 'dashboard'}-${crypto.randomUUID().slice(0, 6)}`
}

/** The panel below all others, under a number of its own. Pure. */
export function placedBelow(panels: readonly Panel[], panel: Panel): Panel {
  const id = Math.max(0, ...panels.map((one) => one.id)) + 1
  const y = Math.max(0, ...panels.map(({ grid }) => grid.y + grid.h))
  return { ...panel, id, grid: { x: 0, y, w: COLUMNS / 2, h: HEIGHT } }
}

/** To one that is there. Raises ApiError, so where someone changed it meanwhile. */
export async function addTo(key: string, panel: Panel): Promise<void> {
  const path = `${PATH}/${encodeURIComponent(key)}`
  const { dashboard, version } = await call<{ dashboard: unknown; version: number }>(path)
  const whole = completeDashboard(dashboard)
  const changed: Dashboard = { ...whole, panels: [...whole.panels, placedBelow(whole.panels, panel)] }
  await call(path, { method: 'PUT', body: { dashboard: changed, version, message: t('A panel from Explore') } })
}

/** A new one with this panel; its key. */
export async function startWith(title: string, panel: Panel): Promise<string> {
  const dashboard: Dashboard = { ...completeDashboard({ key: keyOf(title), title }), panels: [placedBelow([], panel)] }
  return (await call<{ key: string }>(PATH, { method: 'POST', body: { dashboard, message: t('From Explore') } })).key
}
