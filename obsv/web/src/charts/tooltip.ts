/** What a tooltip says at a time. Pure. */

import type { Annotation, ChartData, Line } from './types'

export interface TooltipRow {
  line: Line
  value: number | null
  isNearest: boolean
}

export interface TooltipRows {
  rows: TooltipRow[]
  /** How many more there would be. */
  more: number
}

const MOST = 16

/** Rows for one line or for all; where there are too many, those around the nearest. */
export function tooltipRows(
  { lines }: ChartData,
  index: number,
  nearest: Line | undefined,
  { mode, sort }: { mode: 'one' | 'all' | 'none'; sort: '' | 'asc' | 'desc' },
): TooltipRows {
  if (mode === 'none') return { rows: [], more: 0 }
  const rows = lines
    .filter((line) => line.isIn.chart && line.isIn.tooltip)
    .map((line) => ({ line, value: line.values[index] ?? null, isNearest: line.key === nearest?.key }))
    .filter(({ value }) => value !== null)
  if (mode === 'one') return { rows: rows.filter(({ isNearest }) => isNearest), more: 0 }
  if (sort) rows.sort((a, b) => ((a.value ?? 0) - (b.value ?? 0)) * (sort === 'asc' ? 1 : -1))
  const more = Math.max(0, rows.length - MOST)
  const middle = rows.findIndex(({ isNearest }) => isNearest)
  const first = Math.max(0, Math.min(more, middle - MOST / 2))
  return { rows: rows.slice(first, first + MOST), more }
}

/** What happened within a few pixels of a time. */
export function annotationsAt(annotations: readonly Annotation[], timeS: number, slackS: number): Annotation[] {
  return annotations.filter(({ fromS, toS }) => timeS >= fromS - slackS && timeS <= toS + slackS)
}
