/** A maintenance as its form has it, and as the API takes it. */

import { fromLocalInput, toLocalInput } from '../../lib/time'
import type { Maintenance, MaintenanceWish } from '../api'

export interface Fields {
  title: string
  text: string
  /** As date fields have them, in the person's zone. */
  from: string
  to: string
  components: readonly string[]
  reminder: number
}

export function fieldsOf({ title, text, starts_at_ms, ends_at_ms, components, reminder_min }: Maintenance): Fields {
  return { title, text, from: toLocalInput(starts_at_ms), to: toLocalInput(ends_at_ms), components, reminder: reminder_min }
}

/** With `before`, times that were not touched stay to the millisecond. */
export function wishOf({ title, text, from, to, components, reminder }: Fields, before?: Maintenance): MaintenanceWish {
  const old = before && fieldsOf(before)
  return {
    title: title.trim(),
    text: text.trim(),
    components,
    starts_at_ms: before && old?.from === from ? before.starts_at_ms : fromLocalInput(from),
    ends_at_ms: before && old?.to === to ? before.ends_at_ms : fromLocalInput(to),
    reminder_min: reminder,
  }
}

export function isWhole({ title, from, to }: Fields): boolean {
  return Boolean(title.trim() && from && to)
}
