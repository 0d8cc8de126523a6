/** Rows of a legend: who is in it, with which numbers, in which order. Pure. */

import { calculate, keepsUnit } from '../lib/calculate'
import { count, percent } from '../lib/format'
import type { Calculation } from '../dashboards/model'
import type { ChartData, Line } from './types'

export interface LegendRow {
  line: Line
  /** One a calculation; of what is newest, the value under the pointer while there is one. */
  values: (number | null)[]
}

export interface LegendOrder {
  by: Calculation | '' | 'name'
  isDescending: boolean
}

/** Whether it tells what is newest, and so may tell what is under the pointer. */
export function isNewest(calculation: Calculation): boolean {
  return calculation === 'last' || calculation === 'last-not-null'
}

export function legendRows({ lines }: ChartData, calcs: readonly Calculation[], order: LegendOrder): LegendRow[] {
  const rows = lines.filter((line) => line.isIn.legend).map((line) => ({ line, values: calcs.map((calc) => calculate(calc, line.values)) }))
  if (!order.by) return rows
  const sign = order.isDescending ? -1 : 1
  const { by } = order
  if (by === 'name') return rows.sort((a, b) => sign * a.line.name.localeCompare(b.line.name, 'en', { numeric: true }))
  const value = new Map(rows.map(({ line }) => [line, calculate(by, line.values) ?? Number.NEGATIVE_INFINITY]))
  return rows.sort((a, b) => sign * ((value.get(a.line) ?? 0) - (value.get(b.line) ?? 0)))
}

/** A number of a legend as it is read. */
export function told(line: Line, calculation: Calculation, value: number | null): string {
  if (keepsUnit(calculation)) return line.format(value)
  return calculation === 'difference-percent' ? percent(value) : count(value)
}
