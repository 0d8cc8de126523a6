/** The path of a sparkline. Pure. */

import type { Sparks } from './types'

export const SPARK_WIDTH = 60
export const SPARK_HEIGHT = 16

/** SVG path data: a line with gaps, from 0 to the largest value, which is never taken as less than `floor`. */
export function sparkPath(values: Sparks, floor: number): string {
  const top = Math.max(floor, ...values.map((value) => value ?? 0))
  const across = SPARK_WIDTH / Math.max(1, values.length - 1)
  let path = ''
  let isDrawing = false
  values.forEach((value, index) => {
    if (value === null) {
      isDrawing = false
      return
    }
    const x = (index * across).toFixed(1)
    const y = (SPARK_HEIGHT - 1 - (value / top) * (SPARK_HEIGHT - 2)).toFixed(1)
    // A lone point is a dot: a line of no length with round ends.
    path += isDrawing ? `L${x} ${y}` : `M${x} ${y}h0`
    isDrawing = true
  })
  return path
}
