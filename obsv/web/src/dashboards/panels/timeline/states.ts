/** Stretches of time in which a series has one value. Pure. */

import type { Value } from '../../fields/shown'

export interface Stretch {
  fromS: number
  toS: number
  value: Value
}

/** A stretch a sample, or (`isMerged`) one for as long as the value stays; where samples are missing there is none. */
export function stretchesOf(times: readonly number[], values: readonly number[], stepS: number, isMerged: boolean): Stretch[] {
  const out: Stretch[] = []
  times.forEach((fromS, index) => {
    const value = values[index] ?? null
    const last = out.at(-1)
    const follows = last !== undefined && fromS - last.toS < stepS / 2
    if (isMerged && follows && (last.value === value || (Number.isNaN(last.value) && Number.isNaN(value)))) last.toS = fromS + stepS
    else out.push({ fromS, toS: fromS + stepS, value })
  })
  return out
}
