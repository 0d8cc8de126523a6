/** Axes: what they span, and where their ticks are and how they read. */

import { clockTime, day } from '../format'
import { wall } from '../wall'
import type { Panel } from './types'

const IDLE_TOP: Readonly<Record<Panel['unit'], number>> = { percent: 0.01, bytes: 1024, 'bytes/s': 1000, count: 1, celsius: 10, seconds: 0.01 }
const ROUND = [1, 2, 2.5, 5, 10]

/** The least round distance between ticks that makes few enough of them, with one more where zero is in between. */
function tickStep(panel: Panel, bottom: number, top: number): number {
  const exact = (top - bottom) / (bottom < 0 && top > 0 ? 5 : 4)
  if (panel.unit === 'bytes') return 2 ** Math.ceil(Math.log2(exact))
  const decade = 10 ** Math.floor(Math.log10(exact))
  // A little slack, for 0.3 / 0.1 is more than 3.
  const step = decade * (ROUND.find((factor) => factor * decade >= exact * 0.999_999) ?? 10)
  return panel.isWhole ? Math.max(1, Math.ceil(step)) : step
}

/** From zero (or the largest mirrored value) to the tick above the largest; never over what there can be. */
export function valueRange(panel: Panel, min: number | null, max: number | null): [number, number] {
  const limit = panel.limit ?? Infinity
  const top = panel.showsLimit && panel.limit !== undefined ? panel.limit : Math.max(max ?? 0, 0)
  const bottom = Math.min(min ?? 0, 0)
  if (top === 0 && bottom === 0) return [0, IDLE_TOP[panel.unit]]
  let [below, above] = [bottom, top]
  // Rounding up makes it longer, which may ask for a larger step, once or twice.
  for (let step = 0; step !== tickStep(panel, below, above); ) {
    step = tickStep(panel, below, above)
    below = Math.floor(bottom / step + 1e-6) * step
    above = Math.ceil(top / step - 1e-6) * step
  }
  return [below, Math.max(Math.min(above, limit), top)]
}

/** Where the ticks of such a range are. */
export function valueTicks(panel: Panel, bottom: number, top: number): number[] {
  const step = tickStep(panel, bottom, top)
  const first = Math.ceil(bottom / step - 1e-6)
  const last = Math.floor(top / step + 1e-6)
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step)
}

/** A tick of the time axis: the day at midnight, else the time, with seconds only where they differ. */
export function timeTick(seconds: number, distanceS: number): string {
  const at = wall(seconds * 1000)
  const isMidnight = at.getUTCHours() === 0 && at.getUTCMinutes() === 0
  if (distanceS >= 86_400 || (isMidnight && distanceS >= 60)) return day(seconds * 1000)
  return clockTime(seconds * 1000, distanceS < 60)
}
