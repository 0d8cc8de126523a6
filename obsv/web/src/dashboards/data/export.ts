/** A panel's data as a file. */

import { completePanel } from '../complete'
import type { Panel, Table } from '../model'
import { rowsOf } from '../panels/table/rows'
import { column, timesOf } from '../panels/timeseries/chart'
import type { PanelData } from './types'

type Cell = string | number | null | undefined

/** Quoted where it must be; what a spreadsheet would run as a formula is text. Source: RFC 4180; OWASP, "CSV Injection". */
function csvCell(value: Cell): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function csv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')
}

const PLAIN_TABLE = completePanel({ id: 1, view: { kind: 'table' } }).view as Table

/** A column a series over time; of single moments, and of tables, a row each. */
export function csvOf(panel: Panel, data: PanelData): string {
  if (panel.view.kind === 'table' || data.series.every(({ isInstant }) => isInstant)) {
    const { names, rows } = rowsOf(panel.view.kind === 'table' ? panel.view : PLAIN_TABLE, data)
    return csv([names, ...rows.map((row) => names.map((name) => (name === 'Time' ? new Date(Number(row[name])).toISOString() : row[name])))])
  }
  const times = timesOf(data)
  const columns = data.series.map((series) => column(series, times, data.stepS))
  return csv([['Time', ...data.series.map(({ name }) => name)], ...times.map((time, index) => [new Date(time * 1000).toISOString(), ...columns.map((one) => one[index])])])
}

export function jsonOf(title: string, { series, fromMs, toMs, stepS }: PanelData): string {
  const told = series.map(({ name, ref, labels, times, values, histograms }) => ({
    name,
    query: ref,
    labels,
    // JSON has no NaN and no infinities.
    values: times.map((time, index) => [time, Number.isFinite(values[index]) ? values[index] : String(values[index])]),
    ...(histograms.length > 0 ? { histograms } : {}),
  }))
  return JSON.stringify({ title, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), step_s: stepS, series: told }, null, 2)
}

const TYPES = { csv: 'text/csv', json: 'application/json', png: 'image/png' }

/** Let the browser keep it under a name made of the title. */
export function keep(title: string, ending: keyof typeof TYPES, content: string | Blob): void {
  const name = title.trim().replace(/[^\p{L}\p{N}._-]+/gu, '-') || 'panel'
  const address = URL.createObjectURL(new Blob([content], { type: TYPES[ending] }))
  const link = document.createElement('a')
  ;[link.href, link.download] = [address, `${name}.${ending}`]
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
