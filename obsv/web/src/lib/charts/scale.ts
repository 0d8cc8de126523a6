/** Axes: what they span and how their ticks read. Pure. */

import { day } from '../format'
import type { Panel } from './types'

const IDLE_TOP: Readonly<Record<Panel['unit'], number>> = { percent: 0.01, bytes: 1024, 'bytes/s': 1000, count: 1, celsius: 10 }

/** From zero (or the largest mirrored value) to a little over the largest; never over what there can be. */
export function valueRange(panel: Panel, min: number | null, max: number | null): [number, number] {
  const top = Math.max(max ?? 0, 0)
  const bottom = Math.min(min ?? 0, 0)
  if (top === 0 && bottom === 0) return [0, IDLE_TOP[panel.unit]]
  const room = (top - bottom) * 0.08
  const limit = panel.limit ?? Infinity
  return [bottom < 0 ? bottom - room : 0, Math.max(Math.min(top + room, limit), top)]
}

/** Distances between ticks that are round in units of 1024. */
export const BINARY_STEPS: readonly number[] = Array.from({ length: 50 }, (_, power) => 2 ** power)

/** A tick of the time axis: the day at midnight, else the time, with seconds only where they differ. */
export function timeTick(seconds: number, distanceS: number): string {
  const moment = new Date(seconds * 1000)
  const [hours, minutes] = [moment.getHours(), moment.getMinutes()]
  if (distanceS >= 86_400 || (hours === 0 && minutes === 0 && distanceS >= 60)) return day(seconds * 1000)
  const parts = distanceS < 60 ? [hours, minutes, moment.getSeconds()] : [hours, minutes]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
