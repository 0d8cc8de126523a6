/** Panels made, copied, and turned into another kind. Pure. */

import { completePanel } from '../complete'
import type { Dashboard, Panel, Query, View } from '../model'
import { isStill } from '../panels/kinds'
import { freeSpot, isRow, place, tidy } from './push'

export type Kind = Exclude<View['kind'], 'placeholder'>

/** What a new one of a kind is like, where that is not as a document has it that says nothing. */
const USUAL: Partial<Record<Kind, { w?: number; h?: number; at?: Query['at']; view?: object }>> = {
  stat: { w: 6, h: 4, view: { spark: true } },
  gauge: { w: 6, h: 6, at: 'instant' },
  bargauge: { w: 12, h: 6, at: 'instant' },
  table: { at: 'instant' },
  pie: { w: 8, at: 'instant' },
  text: { w: 8, h: 5 },
  row: { w: 24, h: 1 },
}

const REFS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('')

/** The first letter that no query has. */
export function freeRef(queries: readonly Query[]): string {
  return REFS.find((ref) => !queries.some((one) => one.ref === ref)) ?? `Q${queries.length + 1}`
}

function freeId(panels: readonly Panel[]): number {
  return Math.max(0, ...panels.map(({ id }) => id)) + 1
}

/** A new query, asked as its panel's others are. */
export function newQuery({ queries, view }: Panel): Query {
  const at = queries.at(-1)?.at ?? (view.kind === 'placeholder' ? undefined : USUAL[view.kind]?.at) ?? 'range'
  return { ref: freeRef(queries), expr: '', legend: '', at, step: '', hidden: false }
}

/** The dashboard with another panel, and its id. */
export interface Added {
  dashboard: Dashboard
  id: number
}

function added(dashboard: Dashboard, panel: Panel): Added {
  return { dashboard: { ...dashboard, panels: [...tidy(dashboard.panels), panel] }, id: panel.id }
}

export function withNew(dashboard: Dashboard, kind: Kind, title: string): Added {
  const { w = 12, h = 8, view = {} } = USUAL[kind] ?? {}
  const grid = freeSpot(dashboard.panels, w, h)
  const panel = completePanel({ id: freeId(dashboard.panels), title, view: { kind, ...view }, grid })
  const asks = !isStill(kind)
  return added(dashboard, asks ? { ...panel, queries: [newQuery(panel)] } : panel)
}

/** A copy of a panel: beside it if there is room, else below it. */
export function withCopy(dashboard: Dashboard, id: number): Added {
  const own = tidy(dashboard.panels).find((panel) => panel.id === id)
  if (!own) return { dashboard, id }
  const copy = { ...own, id: freeId(dashboard.panels) }
  const { grid } = own
  const isFree = grid.x + 2 * grid.w <= 24 && !dashboard.panels.some(({ grid: one }) => one.x < grid.x + 2 * grid.w && one.x + one.w > grid.x + grid.w && one.y < grid.y + grid.h && one.y + one.h > grid.y)
  const wanted = isFree ? { ...grid, x: grid.x + grid.w } : { ...grid, y: grid.y + grid.h }
  const { dashboard: next } = added(dashboard, { ...copy, grid: { ...wanted, y: 90_000 } })
  return { dashboard: { ...next, panels: isRow(copy) ? tidy(next.panels) : place(next.panels, copy.id, wanted) }, id: copy.id }
}

/** A panel that was copied elsewhere. */
export function withPasted(dashboard: Dashboard, stored: unknown): Added {
  const panel = completePanel(stored)
  const { w, h } = panel.grid
  return added(dashboard, { ...panel, id: freeId(dashboard.panels), grid: freeSpot(dashboard.panels, w, h) })
}

export function withoutPanel(dashboard: Dashboard, id: number): Dashboard {
  return { ...dashboard, panels: tidy(dashboard.panels.filter((panel) => panel.id !== id)) }
}

/** The panel as another kind: what both kinds have stays, and so do queries and fields. */
export function asKind(panel: Panel, kind: Kind): Panel {
  const fresh = completePanel({ id: panel.id, view: { kind, ...(USUAL[kind]?.view ?? {}) } }).view as unknown as Record<string, unknown>
  const own = panel.view as unknown as Record<string, unknown>
  const kept = Object.keys(fresh).filter((name) => name !== 'kind' && fits(own[name], fresh[name]))
  return { ...panel, view: { ...fresh, ...Object.fromEntries(kept.map((name) => [name, own[name]])) } as unknown as View }
}

/** `color`, `text` and the like mean something else in each kind that has them; parts and switches are the same everywhere. */
function fits(own: unknown, fresh: unknown): boolean {
  return own !== undefined && typeof own === typeof fresh && (typeof own !== 'string' || ['auto', 'h', 'v'].includes(own))
}
