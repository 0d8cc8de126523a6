/** A panel's series as rows and columns. Pure. */

import { calculate } from '../../../lib/calculate'
import { grouped } from '../../../lib/grouped'
import type { Calculation, GroupColumn, Table } from '../../model'
import type { PanelData, PanelSeries } from '../../data/types'
import type { Value } from '../../fields/shown'

export type Row = Readonly<Record<string, Value>>

export const TIME = 'Time'
const VALUE = 'Value'

/** Rows, with the names of their columns in order. */
export interface Rows {
  names: string[]
  rows: Row[]
}

function namesOf(rows: readonly Row[], last: readonly string[]): string[] {
  const names = new Set(rows.flatMap((row) => Object.keys(row)))
  const first = names.has(TIME) ? [TIME] : []
  return [...first, ...[...names].filter((name) => name !== TIME && !last.includes(name)), ...last.filter((name) => names.has(name))]
}

/** Of several queries each has a column of its own. */
function valueName(ref: string, refs: readonly string[]): string {
  return refs.length > 1 ? `${VALUE} #${ref}` : VALUE
}

/** The query that a column of values is of; empty for labels. */
export function refOf(name: string, refs: readonly string[]): string {
  return refs.find((ref) => valueName(ref, refs) === name) ?? ''
}

/** A row a series and time, joined by the labels. */
function sampleRows({ series, refs }: PanelData): Rows {
  const rows = new Map<string, Record<string, Value>>()
  for (const { labels, times, values, ref, isInstant } of series) {
    const own = Object.fromEntries(Object.entries(labels).filter(([name]) => name !== '__name__'))
    values.forEach((value, index) => {
      const time = (times[index] ?? 0) * 1000
      const key = JSON.stringify([isInstant ? 0 : time, ...Object.entries(own).sort()])
      const row = rows.get(key) ?? { ...(isInstant ? {} : { [TIME]: time }), ...own }
      row[valueName(ref, refs)] = value
      rows.set(key, row)
    })
  }
  const found = [...rows.values()]
  return { names: namesOf(found, refs.map((ref) => valueName(ref, refs))), rows: found }
}

function calculatedRows(series: readonly PanelSeries[], calcs: readonly Calculation[]): Rows {
  const rows = series.map(({ name, values }) => ({ Field: name, ...Object.fromEntries(calcs.map((calc) => [calc, calculate(calc, values)])) }))
  return { names: ['Field', ...calcs], rows }
}

/** Rows with one value of a column become one; what comes first counts. */
function joined({ names, rows }: Rows, by: string): Rows {
  const found = new Map<Value, Row>()
  for (const row of rows) {
    const value = row[by]
    if (value !== undefined) found.set(value, { ...row, ...found.get(value) })
  }
  return { names: [by, ...names.filter((name) => name !== by)], rows: [...found.values()] }
}

function asNumber(value: Value | undefined): number | null {
  return typeof value === 'number' ? value : null
}

/** Of a text there is a first and a last one, and how many. */
function calculated(calc: Calculation, values: readonly (Value | undefined)[]): Value {
  const isText = values.some((value) => typeof value === 'string')
  if (!isText) return calculate(calc, values.map(asNumber))
  if (calc === 'count') return values.length
  if (calc === 'distinct') return new Set(values).size
  return (calc.startsWith('first') ? values[0] : values.at(-1)) ?? null
}

function summed({ rows }: Rows, group: readonly GroupColumn[]): Rows {
  const keys = group.filter(({ calc }) => calc === '').map(({ name }) => name)
  const made = group.flatMap(({ name, calc }) => {
    if (calc === '') return []
    const isAlone = group.filter((other) => other.name === name && other.calc !== '').length === 1
    return [{ name, calc, title: isAlone ? name : `${name} (${calc})` }]
  })
  const groups = grouped(rows, (row) => JSON.stringify(keys.map((name) => row[name] ?? null)))
  const out = [...groups.values()].map((members) => ({
    ...Object.fromEntries(keys.map((name) => [name, members[0]?.[name] ?? null])),
    ...Object.fromEntries(made.map(({ name, calc, title }) => [title, calculated(calc, members.map((row) => row[name]))])),
  }))
  return { names: [...keys, ...made.map(({ title }) => title)], rows: out }
}

/** Named columns first, those hidden not at all. */
function arranged({ names, rows }: Rows, { columns, only_named }: Table): Rows {
  const hidden = new Set(columns.filter((column) => column.hidden).map(({ name }) => name))
  const named = columns.map(({ name }) => name).filter((name) => names.includes(name))
  const rest = only_named ? [] : names.filter((name) => !named.includes(name))
  return { names: [...named, ...rest].filter((name) => !hidden.has(name)), rows }
}

/** All of a table, in the order of the data. */
export function rowsOf(view: Table, data: PanelData): Rows {
  let table = view.calcs.length > 0 ? calculatedRows(data.series, view.calcs) : sampleRows(data)
  if (view.join) table = joined(table, view.join)
  if (view.group.length > 0) table = summed(table, view.group)
  return arranged(table, view)
}

export interface Order {
  column: string
  isDescending: boolean
}

function compare(a: Value | undefined, b: Value | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a).localeCompare(String(b), 'en', { numeric: true })
}

/** By several columns, the first counts most; what is missing comes last either way. */
export function sortedRows(rows: readonly Row[], orders: readonly Order[]): Row[] {
  const isMissing = (value: Value | undefined): boolean => value === null || value === undefined || Number.isNaN(value)
  return [...rows].sort((first, second) => {
    for (const { column, isDescending } of orders) {
      const [a, b] = [first[column], second[column]]
      if (isMissing(a) || isMissing(b)) {
        if (isMissing(a) !== isMissing(b)) return isMissing(a) ? 1 : -1
        continue
      }
      const way = compare(a, b)
      if (way !== 0) return isDescending ? -way : way
    }
    return 0
  })
}
