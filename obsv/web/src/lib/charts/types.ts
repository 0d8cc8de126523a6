/** What a chart is made of. */

import type { Labels } from '../types'

export type Unit = 'percent' | 'bytes' | 'bytes/s' | 'count' | 'celsius' | 'seconds'

/** One query of a panel; its series are named by their labels. */
export interface Target {
  /** PromQL; `$window` is replaced by what `rate()` should look back. */
  expr: string
  name: (labels: Labels) => string
  /** Draw it below the zero line: the other direction of a flow. */
  isMirrored?: boolean
  /** Not a measurement, but what the others are compared with. */
  isReference?: boolean
}

export interface Panel {
  id: string
  title: string
  unit: Unit
  targets: readonly Target[]
  isStacked?: boolean
  /** The largest value that there can be, if there is one. */
  limit?: number
  /** The axis always reaches the limit: the room that is left matters as much as the value. */
  showsLimit?: boolean
  /** The values are whole numbers, and so are the ticks. */
  isWhole?: boolean
  /** Names in the order and with the colours that they always have; others follow. */
  order?: readonly string[]
  /** Leave the panel out where it has no data: not every host has sensors. */
  isOptional?: boolean
}

export interface Series {
  name: string
  /** Index of the colour, 0 to 7, then the same with dashes. */
  colour: number
  isMirrored: boolean
  isReference: boolean
  /** One value a time; null where there is none. */
  values: (number | null)[]
}

export interface ChartData {
  /** Seconds. */
  times: number[]
  series: Series[]
}
