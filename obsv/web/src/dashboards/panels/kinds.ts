/** The component of each kind of panel; its code comes with the first panel of that kind. */

import type { Component } from 'svelte'
import type { View } from '../model'
import type { PanelProperties } from './types'

export type Drawn = Exclude<View, { kind: 'row' }>
type Load = () => Promise<{ default: Component<PanelProperties<never>> }>

const KINDS: Readonly<Record<Drawn['kind'], Load>> = {
  timeseries: () => import('./timeseries/TimeSeries.svelte'),
  stat: () => import('./stat/Stat.svelte'),
  gauge: () => import('./gauge/Gauge.svelte'),
  bargauge: () => import('./bargauge/BarGauge.svelte'),
  table: () => import('./table/Table.svelte'),
  heatmap: () => import('./heatmap/Heatmap.svelte'),
  histogram: () => import('./histogram/Histogram.svelte'),
  'state-timeline': () => import('./timeline/StateTimeline.svelte'),
  pie: () => import('./pie/Pie.svelte'),
  'alert-list': () => import('./alerts/AlertList.svelte'),
  text: () => import('./text/Text.svelte'),
  placeholder: () => import('./placeholder/Placeholder.svelte'),
}

export async function loadKind(kind: Drawn['kind']): Promise<Component<PanelProperties<View>>> {
  return (await KINDS[kind]()).default as Component<PanelProperties<View>>
}

/** Whether it shows something without asking for it. */
export function isStill(kind: View['kind']): boolean {
  return kind === 'text' || kind === 'alert-list' || kind === 'placeholder' || kind === 'row'
}

/** Whether it can be told in rows as well. */
export function hasTable(kind: View['kind']): boolean {
  return !isStill(kind) && kind !== 'table'
}
