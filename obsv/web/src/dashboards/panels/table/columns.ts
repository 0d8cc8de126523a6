/** Columns of a table as they are shown. Pure. */

import { moment } from '../../../lib/format'
import type { Field, Panel, Table } from '../../model'
import { fieldOf } from '../../fields/resolve'
import { boundsOf, textOf, type Bounds, type Value } from '../../fields/shown'
import { refOf, TIME, type Rows } from './rows'

export interface ColumnLook {
  name: string
  title: string
  type: 'number' | 'string' | 'time'
  field: Field
  bounds: Bounds
}

function typeOf(name: string, values: readonly (Value | undefined)[]): ColumnLook['type'] {
  if (name === TIME) return 'time'
  return values.every((value) => typeof value !== 'string') ? 'number' : 'string'
}

export function looksOf(panel: Panel, view: Table, { names, rows }: Rows, refs: readonly string[]): ColumnLook[] {
  return names.flatMap((name) => {
    const cells = rows.map((row) => row[name])
    const values = cells.map((value) => (typeof value === 'number' ? value : null))
    const title = view.columns.find((column) => column.name === name)?.title ?? ''
    const type = typeOf(name, cells)
    const field = fieldOf(panel, { names: title ? [name, title] : [name], ref: refOf(name, refs), type, values })
    if (field.hidden) return []
    return [{ name, title: [field.name, title, name].find(Boolean) ?? name, type, field, bounds: boundsOf(field, values) }]
  })
}

export function cellText(value: Value | undefined, { type, field }: ColumnLook, nowMs: number): string {
  if (value === undefined || value === null) return field.no_value ?? ''
  if (type === 'time' && !field.unit && typeof value === 'number') return moment(value, nowMs, true)
  return textOf(value, field)
}
