/** Time series as uPlot draws them: lines, areas, bars and points on their axes. */

import uPlot from 'uplot'
import { drawAnnotations, drawLevelAreas, drawLevelLines } from './marks'
import { paint } from './colours'
import { axisLook, type Drawing } from './plot'
import { shifted } from './shifted'
import { linearRange, linearTicks, logRange, tickCount } from './scale'
import { columnsOf, type Columns } from './stack'
import type { Annotation, Axis, ChartData, Line } from './types'

// uPlot's types declare enums of which nothing is left at run time.
/* eslint-disable @typescript-eslint/no-unsafe-enum-assignment */
const LOGARITHMIC: uPlot.Scale.Distr = 3
const ARCSINH: uPlot.Scale.Distr = 4
const RIGHT: uPlot.Axis.Side = 1
const LEFT: uPlot.Axis.Side = 3
/* eslint-enable @typescript-eslint/no-unsafe-enum-assignment */
const AXIS_PX = 52
const CHARACTER_PX = 7
const AXIS_ROOM_PX = 18

const { linear, spline, stepped, bars } = uPlot.paths as Required<uPlot.Series.PathBuilderFactories>
const BUILDERS: Readonly<Record<Line['style']['line'], () => uPlot.Series.PathBuilder>> = {
  linear: () => shifted(linear()),
  smooth: () => shifted(spline()),
  'step-after': () => shifted(stepped({ align: 1 })),
  'step-before': () => shifted(stepped({ align: -1 })),
}

/** Points that no line leads to would not be seen. */
function lonely(u: uPlot, series: number, isShown: boolean): number[] | null {
  const column = u.data[series]
  if (isShown || !column) return null
  const found: number[] = []
  for (let index = 0; index < column.length; index += 1) {
    if (column[index] != null && column[index - 1] == null && column[index + 1] == null) found.push(index)
  }
  return found.length > 0 ? found : null
}

function pointsOf({ style, colour }: Line): uPlot.Series.Points {
  const look = { size: style.pointSize, width: 0, fill: paint(colour), stroke: paint(colour) }
  if (style.draw === 'bars') return { show: false, filter: null }
  if (style.draw === 'points' || style.points === 'always') return { ...look, show: true }
  if (style.points === 'never') return { ...look, show: false, filter: lonely }
  return { ...look, filter: lonely }
}

function seriesOf(line: Line): uPlot.Series {
  const { style, colour } = line
  const isBars = style.draw === 'bars'
  const fill = isBars ? Math.max(style.fill, 0.6) : style.draw === 'points' ? 0 : style.fill
  return {
    label: line.name,
    scale: line.axis,
    stroke: paint(colour),
    width: style.draw === 'points' ? 0 : isBars ? Math.min(style.width, 1) : style.width,
    ...(style.dash.length > 0 ? { dash: [...style.dash] } : {}),
    ...(fill > 0 || line.fillsTo !== undefined ? { fill: paint(colour, Math.max(fill, line.fillsTo === undefined ? 0 : 0.15)) } : {}),
    paths: isBars ? bars({ size: [0.7, 64] }) : style.draw === 'points' ? () => null : BUILDERS[style.line](),
    points: pointsOf(line),
  }
}

function scaleOf(axis: Axis): uPlot.Scale {
  if (axis.scale === 'log2' || axis.scale === 'log10') {
    return { distr: LOGARITHMIC, log: axis.scale === 'log2' ? 2 : 10, range: (_, min, max) => logRange(axis, min, max) }
  }
  const range = (u: uPlot, min: number | null, max: number | null) => linearRange(axis, min, max, tickCount(u.height))
  return axis.scale === 'symlog' ? { distr: ARCSINH, asinh: 1, range } : { range }
}

/** As wide as its longest tick, so that two charts below each other need not agree. */
function axisWidth(_: uPlot, values: string[] | null): number {
  const longest = Math.max(0, ...(values ?? []).map((value) => value.length))
  return Math.max(AXIS_PX, AXIS_ROOM_PX + longest * CHARACTER_PX)
}

function axisOf(axis: Axis, isMirrored: boolean, isFirst: boolean): uPlot.Axis {
  const look = axisLook()
  const told = (value: number | null): string => (value === null ? '' : axis.format(isMirrored ? Math.abs(value) : value))
  return {
    ...look,
    scale: axis.key,
    side: axis.side === 'right' ? RIGHT : LEFT,
    show: axis.side !== 'hidden',
    size: axisWidth,
    gap: 6,
    ...(axis.label ? { label: axis.label, labelSize: 18, labelFont: look.font ?? '', labelGap: 0 } : {}),
    ...(isFirst ? {} : { grid: { show: false } }),
    ...(axis.scale === 'linear' ? { splits: (u, _, low, high) => linearTicks(axis, low, high, tickCount(u.height)) } : {}),
    values: (_, splits) => splits.map(told),
  }
}

/** Whether what is below zero on an axis is the other direction of a flow, which is told without a sign. */
function isMirrored(axis: Axis, lines: readonly Line[]): boolean {
  const own = lines.filter((line) => line.axis === axis.key)
  return own.some(({ style }) => style.isNegated) && !own.some(({ style, values }) => !style.isNegated && values.some((value) => value !== null && value < 0))
}

/** What is drawn of them, and the columns of all that is drawn. */
export function drawLines(data: ChartData, annotations: () => readonly Annotation[]): Drawing {
  const { bands } = columnsOf(data.lines, data.times)
  return {
    series: data.lines.map(seriesOf),
    scales: Object.fromEntries(data.axes.map((axis) => [axis.key, scaleOf(axis)])),
    axes: data.axes.map((axis, index) => axisOf(axis, isMirrored(axis, data.lines), index === 0)),
    bands: bands.map(([upper, lower]) => ({ series: [upper + 1, lower + 1] })),
    under: (u) => drawLevelAreas(u, data.axes),
    over(u) {
      drawLevelLines(u, data.axes)
      drawAnnotations(u, annotations())
    },
  }
}

export function alignedData(data: ChartData): uPlot.AlignedData {
  const { columns }: Columns = columnsOf(data.lines, data.times)
  return [data.times as number[], ...columns] as uPlot.AlignedData
}
