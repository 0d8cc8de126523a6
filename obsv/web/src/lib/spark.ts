/** The path of a sparkline. Pure. */

import type { Sparks } from './types'

export const SPARK_WIDTH = 60
export const SPARK_HEIGHT = 20

export interface SparkPaths {
  line: string
  /** The same, closed along the ground. */
  area: string
}

/** SVG path data: a line with gaps, from 0 to the largest value, which is never taken as less than `floor`. */
export function sparkPaths(values: Sparks, floor: number): SparkPaths {
  const top = Math.max(floor, ...values.map((value) => value ?? 0))
  const across = SPARK_WIDTH / Math.max(1, values.length - 1)
  const ground = String(SPARK_HEIGHT)
  let [line, area] = ['', '']
  let last: string | undefined
  values.forEach((value, index) => {
    if (value === null) {
      area += last === undefined ? '' : `V${ground}Z`
      last = undefined
      return
    }
    const x = (index * across).toFixed(1)
    const y = (SPARK_HEIGHT - 1 - (value / top) * (SPARK_HEIGHT - 2)).toFixed(1)
    // A lone point is a dot: a line of no length with round ends.
    line += last === undefined ? `M${x} ${y}h0` : `L${x} ${y}`
    area += last === undefined ? `M${x} ${ground}V${y}` : `L${x} ${y}`
    last = x
  })
  return { line, area: last === undefined ? area : `${area}V${ground}Z` }
}
