/** A panel's series as a chart over time. Pure but for the palette. */

import type { Palette } from '../../../charts/colours'
import type { Axis, ChartData, Colour, Line, Roundness, Style } from '../../../charts/types'
import { grouped } from '../../../lib/grouped'
import { durationS } from '../../../lib/time'
import { unitOf } from '../../../lib/units/table'
import { formatUnit } from '../../../lib/units/format'
import type { Field, Panel } from '../../model'
import type { PanelData, PanelSeries } from '../../data/types'
import { fieldOf, shownName } from '../../fields/resolve'
import { boundsOf, colourOf, levelsOf, textOf } from '../../fields/shown'

const DASH = [6, 4]

interface Shown {
  series: PanelSeries
  field: Field
  name: string
}

/** The times of a panel, on the grid of its least step. */
export function timesOf({ fromMs, toMs, stepS, series }: PanelData): number[] {
  const first = Math.ceil(fromMs / 1000 / stepS) * stepS
  const length = Math.max(0, Math.floor((toMs / 1000 - first) / stepS) + 1)
  // Of one moment alone there is no grid.
  if (length < 2) return [...new Set(series.flatMap(({ times }) => times))].sort((a, b) => a - b)
  return Array.from({ length }, (_, index) => first + index * stepS)
}

/** Values on the grid; what is no number has no place on an axis: there is a gap. */
export function column({ times, values }: PanelSeries, grid: readonly number[], stepS: number): (number | null)[] {
  const out = new Array<number | null>(grid.length).fill(null)
  const first = grid[0] ?? 0
  times.forEach((time, index) => {
    const place = Math.round((time - first) / stepS)
    const value = values[index]
    if (place >= 0 && place < out.length && value !== undefined && Number.isFinite(value)) out[place] = value
  })
  return out
}

function styleOf(field: Field, { stepS }: PanelSeries, gridS: number, isDashed: boolean): Style {
  const longest = field.gap_over ? (durationS(field.gap_over) ?? 0) : 0
  return {
    draw: field.draw ?? 'line',
    line: field.line ?? 'linear',
    width: field.width ?? 1.5,
    dash: field.dash && field.dash.length > 0 ? field.dash : isDashed ? DASH : [],
    fill: (field.fill ?? 0) / 100,
    points: field.points ?? 'auto',
    pointSize: field.point_size ?? 5,
    stack: field.stack ?? 'none',
    group: field.stack_group ?? '',
    // A coarser query has nothing between its own points.
    bridgesS: field.gaps === 'connect' ? Infinity : Math.max(longest, stepS > gridS ? stepS : 0),
    isNegated: field.negate ?? false,
  }
}

function axisKey({ axis, unit, scale, axis_label }: Field): string {
  return [axis ?? 'auto', unit ?? '', scale ?? 'linear', axis_label ?? ''].join('\n')
}

function roundness(field: Field): Roundness {
  const { kind, seconds = 1 } = unitOf(field.unit)
  return {
    kind: kind === 'iec' ? 'binary' : kind === 'time' || kind === 'duration' || kind === 'clock' ? 'time' : 'decimal',
    seconds,
    isWhole: field.decimals === 0 && field.unit !== 'percentunit',
  }
}

const isGround = ({ draw, fill, stack }: Field): boolean => draw === 'bars' || (fill ?? 0) > 0 || (stack ?? 'none') !== 'none'

function axisOf(key: string, index: number, fields: readonly Field[]): Axis {
  const [first] = fields as [Field, ...Field[]]
  const least = (values: (number | null)[]): number | null => values.reduce((a, b) => (a === null || b === null ? (a ?? b) : Math.min(a, b)), null)
  const [min, max] = [least(fields.map((field) => field.min)), negated(least(fields.map((field) => negated(field.max))))]
  const isShare = fields.some(({ stack }) => stack === 'percent')
  const { axis, unit, decimals } = first
  const bounds = { min: min ?? 0, max: max ?? 100 }
  return {
    key,
    side: axis === 'hidden' || axis === 'right' || axis === 'left' ? axis : index === 0 ? 'left' : 'right',
    label: first.axis_label ?? '',
    scale: first.scale ?? 'linear',
    min,
    max: isShare ? 1 : max,
    softMin: first.soft_min,
    softMax: first.soft_max,
    isCentred: fields.some(({ center_zero }) => center_zero),
    hasZero: fields.some(isGround),
    limit: unit === 'percent' ? 100 : unit === 'percentunit' ? 1 : null,
    round: isShare ? { kind: 'decimal', seconds: 1, isWhole: false } : roundness(first),
    format: (value) => formatUnit(value, isShare ? 'percentunit' : unit, isShare ? null : decimals),
    levels: fields.flatMap((field) => ((field.threshold_marks ?? 'none') === 'none' ? [] : levelsOf(field, bounds))).slice(0, 20),
    levelMarks: fields.find(({ threshold_marks }) => threshold_marks && threshold_marks !== 'none')?.threshold_marks ?? 'none',
  }
}

const negated = (value: number | null): number | null => (value === null ? null : -value)

function ownColour(field: Field, values: readonly (number | null)[]): Colour | undefined {
  if (field.color === null || field.color === 'series') return undefined
  return colourOf(values.findLast((value) => value !== null) ?? null, field, boundsOf(field, values))
}

/** Series of a panel as lines; `hidden` are keys of those that were clicked away. */
export function chartOf(panel: Panel, data: PanelData, palette: Palette, hidden: ReadonlySet<string>): ChartData {
  const times = timesOf(data)
  const shown: Shown[] = data.series.flatMap((series) => {
    const field = fieldOf(panel, { names: [series.name], ref: series.ref, type: 'number', values: series.values })
    return field.hidden ? [] : [{ series, field, name: shownName(field, series.name) }]
  })
  palette.assign(shown.map(({ series }) => series.key))
  const keyOf = new Map(shown.map(({ name, series }) => [name, series.key]))
  const lines = shown.map(({ series, field, name }): Line => {
    const values = column(series, times, data.stepS)
    const look = palette.look(series.key)
    const isIn = (place: 'chart' | 'legend' | 'tooltip'): boolean => !field.hide_from?.includes(place)
    return {
      key: series.key,
      name,
      colour: ownColour(field, values) ?? look.colour,
      axis: axisKey(field),
      style: styleOf(field, series, data.stepS, look.isDashed),
      values,
      format: (value) => textOf(value, field),
      fillsTo: field.fill_below ? keyOf.get(field.fill_below) : undefined,
      isIn: { chart: isIn('chart') && !hidden.has(series.key), legend: isIn('legend'), tooltip: isIn('tooltip') },
    }
  })
  const axes = grouped(shown, ({ field }) => axisKey(field))
  return { times, lines, axes: [...axes].map(([key, members], index) => axisOf(key, index, members.map(({ field }) => field))) }
}
