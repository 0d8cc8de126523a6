/** What Explore shows, as a panel of a dashboard: so it is drawn, saved to a dashboard and written to files as one. Pure. */

import { completePanel } from '../dashboards/complete'
import type { PanelData } from '../dashboards/data/types'
import { grouped } from '../lib/grouped'
import type { Panel } from '../dashboards/model'
import type { ExploreQuery, Shown } from './address'

const CALCULATIONS = ['last-not-null', 'min', 'mean', 'max']

function viewOf({ view, at }: Shown): unknown {
  if (view === 'table') return { kind: 'table' }
  return at === 'instant' ? { kind: 'bargauge', direction: 'v' } : { kind: 'timeseries', legend: { calcs: CALCULATIONS }, tooltip_sort: 'desc' }
}

/** The panel that asks the queries and shows them so. */
export function panelOf(queries: readonly ExploreQuery[], shown: Shown, title = ''): Panel {
  const asked = queries.filter(({ expr }) => expr.trim())
  return completePanel({
    id: 1,
    title,
    view: viewOf(shown),
    queries: asked.map(({ ref, expr, legend, step, isHidden }) => ({ ref, expr, legend, step, hidden: isHidden, at: shown.at })),
  })
}

/** For rows: where series of one query have several names, the name is a column. */
export function withNames(data: PanelData): PanelData {
  const names = grouped(data.series, ({ ref }) => ref)
  const isNamed = [...names.values()].some((series) => new Set(series.map(({ labels }) => labels.__name__ ?? '')).size > 1)
  return isNamed ? { ...data, series: data.series.map((series) => ({ ...series, labels: { metric: series.labels.__name__ ?? '', ...series.labels } })) } : data
}
