/** Axes: what they span, and where their ticks are and how they read. */

import { clockTime, day } from '../lib/format'
import { wall } from '../lib/wall'
import type { Axis, Roundness } from './types'

const ROUND = [1, 2, 2.5, 5, 10]
const TIMES_S = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800]
const SLACK = 1e-6
/** A lowest value so far above zero leaves more room for what moves. */
const NEAR_ZERO = 0.4

function decimalStep(exact: number): number {
  const decade = 10 ** Math.floor(Math.log10(exact))
  // A little slack, for 0.3 / 0.1 is more than 3.
  return decade * (ROUND.find((factor) => factor * decade >= exact * (1 - SLACK)) ?? 10)
}

/** The least round distance between ticks that is no smaller than this. */
export function roundStep(exact: number, { kind, seconds, isWhole }: Roundness): number {
  if (!(exact > 0) || !Number.isFinite(exact)) return 1
  const step =
    kind === 'binary'
      ? 2 ** Math.ceil(Math.log2(exact) - SLACK)
      : kind === 'time' && exact * seconds > 30
        ? (TIMES_S.find((length) => length >= exact * seconds) ?? Math.ceil((exact * seconds) / 604_800) * 604_800) / seconds
        : decimalStep(exact)
  return isWhole ? Math.max(1, Math.ceil(step)) : step
}

function step(axis: Axis, low: number, high: number, most: number): number {
  // One more where zero is in between.
  return roundStep((high - low) / (low < 0 && high > 0 ? most + 1 : most), axis.round)
}

/** What has to be seen: the values, zero where it belongs, and what is asked for. */
function needed(axis: Axis, min: number | null, max: number | null): [number, number] {
  const { softMin, softMax, hasZero, isCentred } = axis
  let low = min ?? softMin ?? 0
  let high = max ?? softMax ?? 0
  if (hasZero || (low > 0 && low <= high * NEAR_ZERO)) low = Math.min(low, 0)
  if (hasZero || (high < 0 && high >= low * NEAR_ZERO)) high = Math.max(high, 0)
  low = Math.min(low, softMin ?? low)
  high = Math.max(high, softMax ?? high)
  if (!isCentred) return [low, high]
  const reach = Math.max(Math.abs(low), Math.abs(high))
  return [-reach, reach]
}

/** From the tick below the smallest value to the one above the largest; `most` is about how many distances there are. */
export function linearRange(axis: Axis, min: number | null, max: number | null, most: number): [number, number] {
  const [lowest, highest] = needed(axis, min, max)
  let [low, high] = [lowest, highest]
  if (low === high) {
    const room = axis.hasZero || low === 0 ? 1 : Math.abs(low) * 0.1
    ;[low, high] = low === 0 ? [0, room] : [low - room, high + room]
  }
  const [bottom, top] = [axis.min ?? low, axis.max ?? high]
  let last = 0
  ;[low, high] = [bottom, top]
  // Rounding up makes it longer, which may ask for a larger step, once or twice.
  for (let round = 0; round < 4; round += 1) {
    const distance = step(axis, low, high, most)
    if (distance === last) break
    last = distance
    low = Math.floor(bottom / distance + SLACK) * distance
    high = Math.ceil(top / distance - SLACK) * distance
  }
  if (axis.limit !== null && highest <= axis.limit) high = Math.min(high, axis.limit)
  return pinned(axis, low, high)
}

/** With the ends that were asked for, and never upside down. */
function pinned({ min, max }: Axis, low: number, high: number): [number, number] {
  const [start, end] = [min ?? low, max ?? high]
  return end > start ? [start, end] : [start, start + 1]
}

/** Where the ticks of a linear range are. */
export function linearTicks(axis: Axis, low: number, high: number, most: number): number[] {
  const distance = step(axis, low, high, most)
  const first = Math.ceil(low / distance - SLACK)
  const last = Math.floor(high / distance + SLACK)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * distance)
}

/** Whole powers around the values. */
export function logRange(axis: Axis, min: number | null, max: number | null): [number, number] {
  const base = axis.scale === 'log2' ? 2 : 10
  const low = min !== null && min > 0 ? min : max !== null && max > 0 ? max / base : 1
  const high = max !== null && max > 0 ? max : low * base
  const bottom = base ** Math.floor(Math.log(low) / Math.log(base) + SLACK)
  const top = base ** Math.ceil(Math.log(high) / Math.log(base) - SLACK)
  const { min: first, max: last } = axis
  return pinned({ ...axis, min: first !== null && first > 0 ? first : null, max: last !== null && last > 0 ? last : null }, bottom, top)
}

/** About how many distances between ticks so many pixels have room for. */
export function tickCount(heightPx: number): number {
  return Math.min(8, Math.max(2, Math.floor(heightPx / 36)))
}

/** A tick of the time axis: the day at midnight, else the time, with seconds only where they differ. */
export function timeTick(seconds: number, distanceS: number): string {
  const at = wall(seconds * 1000)
  const isMidnight = at.getUTCHours() === 0 && at.getUTCMinutes() === 0
  if (distanceS >= 86_400 || (isMidnight && distanceS >= 60)) return day(seconds * 1000)
  return clockTime(seconds * 1000, distanceS < 60)
}
