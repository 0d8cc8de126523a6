/** When a maintenance is, as a form has it. Pure but for the zone. */

import { fromLocalInput, toLocalInput } from '../../lib/time'

const HOUR_MS = 3_600_000

/** The next full hour but one, for an hour. */
export function usualWindow(nowMs: number): { from: string; to: string } {
  const from = Math.ceil(nowMs / HOUR_MS) * HOUR_MS + HOUR_MS
  return { from: toLocalInput(from), to: toLocalInput(from + HOUR_MS) }
}

/** The end, moved with the beginning so that it is as long as before; as it is where one of them cannot be read. */
export function movedEnd(before: string, from: string, to: string): string {
  const [was, is, end] = [before, from, to].map(fromLocalInput)
  if (was === undefined || is === undefined || end === undefined || [was, is, end].some(Number.isNaN) || end <= was) return to
  return toLocalInput(end + is - was)
}
