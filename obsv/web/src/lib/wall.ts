/** The clock on the wall: what it shows at a moment, in the zone that times are told in. */

import { BROWSERS, zone } from './zone.svelte'

const QUARTER_MS = 900_000
const REMEMBERED = 2000
const clocks = new Map<string, Intl.DateTimeFormat>()
const offsets = new Map<string, number>()

function clockIn(name: string): Intl.DateTimeFormat {
  const known = clocks.get(name)
  if (known) return known
  const fields = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const
  const made = new Intl.DateTimeFormat('en-US', { ...fields, timeZone: name, hourCycle: 'h23', calendar: 'iso8601', era: 'short' })
  clocks.set(name, made)
  return made
}

function offsetAsked(name: string, ms: number): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of clockIn(name).formatToParts(ms)) parts[type] = Number(value)
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000
}

/** How far the wall's clock is ahead of UTC at a moment; it changes at quarters of an hour only. */
function offsetMs(ms: number): number {
  const name = zone.name
  if (name === BROWSERS) return -new Date(ms).getTimezoneOffset() * 60_000
  const quarter = Math.floor(ms / QUARTER_MS)
  const key = `${name} ${quarter}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  if (offsets.size >= REMEMBERED) offsets.clear()
  const offset = offsetAsked(name, quarter * QUARTER_MS)
  offsets.set(key, offset)
  return offset
}

/** A date whose UTC fields are those on the wall. */
export function wall(ms: number): Date {
  return new Date(ms + offsetMs(ms))
}

/** The moment at which the wall shows this; where the clock is put forward past it, the one that far after. */
export function fromWall(wallMs: number): number {
  return wallMs - offsetMs(wallMs - offsetMs(wallMs))
}

/** A date whose own fields, those of the browser's zone, are those on the wall; for libraries that read these. */
export function localDate(ms: number): Date {
  if (zone.name === BROWSERS) return new Date(ms)
  const at = wall(ms)
  return new Date(at.getTime() + at.getTimezoneOffset() * 60_000)
}
