/** One value a series, as stats, gauges, bars and pies show them. Pure. */

import { Palette } from '../../charts/colours'
import type { Colour } from '../../charts/types'
import { calculate, keepsUnit } from '../../lib/calculate'
import type { Field, Panel, Reduce } from '../model'
import type { PanelData, PanelSeries } from '../data/types'
import { fieldOf, shownName, safePattern } from './resolve'
import { boundsOf, colourOf, type Bounds } from './shown'

export interface Reduced {
  key: string
  name: string
  value: number | null
  field: Field
  bounds: Bounds
  /** By thresholds, mappings or what is set; undefined where nothing says one. */
  colour: Colour | undefined
  /** Its own among the others. */
  seriesColour: Colour
  series: PanelSeries
}

const MOST = 200

function counts(series: PanelSeries, pattern: string): boolean {
  return !pattern || series.name === pattern || (safePattern(pattern)?.test(series.name) ?? false)
}

/** The values that a series has to tell: one, or its newest by themselves. */
function valuesOf({ values }: PanelSeries, { calc, rows }: Reduce): (number | null)[] {
  return rows > 0 ? values.slice(-rows) : [calculate(calc, values)]
}

export function reducedOf(panel: Panel, { series }: Pick<PanelData, 'series'>, reduce: Reduce, palette: Palette): Reduced[] {
  const shown = series.filter((one) => counts(one, reduce.field))
  palette.assign(shown.map(({ key }) => key))
  const rows = shown.flatMap((one) => {
    const found = fieldOf(panel, { names: [one.name], ref: one.ref, type: 'number', values: one.values })
    if (found.hide_from?.includes('chart') || found.hidden) return []
    const field = keepsUnit(reduce.calc) || reduce.rows > 0 ? found : { ...found, unit: reduce.calc === 'difference-percent' ? 'percentunit' : null }
    return valuesOf(one, reduce).map((value, index) => ({ key: `${one.key}\n${index}`, name: shownName(field, one.name), value, field, series: one }))
  })
  // What has no bounds of its own is measured against all.
  const all = rows.map(({ value }) => value)
  return rows.slice(0, MOST).map((row) => {
    const bounds = boundsOf(row.field, all)
    return { ...row, bounds, colour: colourOf(row.value, row.field, bounds), seriesColour: palette.look(row.series.key).colour }
  })
}
