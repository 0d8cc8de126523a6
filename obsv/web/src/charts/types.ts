/** What a chart over time is made of, whatever it is drawn for. */

/** A token of the palette (`s1` to `s8`, `ok`, `warn`, `bad`, `info`, `accent`, `muted`, …) or a CSS colour. */
export type Colour = string

export interface Style {
  draw: 'line' | 'bars' | 'points'
  line: 'linear' | 'smooth' | 'step-before' | 'step-after'
  width: number
  dash: readonly number[]
  /** Opacity below the line, 0 to 1. */
  fill: number
  points: 'auto' | 'always' | 'never'
  pointSize: number
  stack: 'none' | 'normal' | 'percent'
  /** Lines of one axis and group are stacked on each other. */
  group: string
  /** Gaps up to so many seconds are bridged. */
  bridgesS: number
  /** Drawn below zero, told as it is. */
  isNegated: boolean
}

export interface Line {
  /** What it is, whatever it is named. */
  key: string
  name: string
  colour: Colour
  /** Key of its axis. */
  axis: string
  style: Style
  /** One value a time of the chart; null where there is none. */
  values: readonly (number | null)[]
  format: (value: number | null) => string
  /** Key of the line down to which it is filled. */
  fillsTo?: string | undefined
  isIn: { chart: boolean; legend: boolean; tooltip: boolean }
}

/** From `value` on it is of this colour; the first has no value and is the ground. */
export interface Level {
  value: number | null
  colour: Colour
}

/** What ticks are round in: tens, powers of two, or units of time of so many seconds. */
export interface Roundness {
  kind: 'decimal' | 'binary' | 'time'
  seconds: number
  isWhole: boolean
}

export interface Axis {
  key: string
  side: 'left' | 'right' | 'hidden'
  label: string
  scale: 'linear' | 'log2' | 'log10' | 'symlog'
  min: number | null
  max: number | null
  softMin: number | null
  softMax: number | null
  isCentred: boolean
  /** Zero belongs to it: areas, bars and stacks would lie without. */
  hasZero: boolean
  /** The tick above the largest value is never over this, if no value is. */
  limit: number | null
  round: Roundness
  format: (value: number) => string
  levels: readonly Level[]
  levelMarks: 'none' | 'line' | 'dashed' | 'area' | 'line+area'
}

/** Something that happened, beside what was measured. */
export interface Annotation {
  fromS: number
  /** Later than `fromS` if it took a while. */
  toS: number
  colour: Colour
  title: string
  text: string
  tags: readonly string[]
}

export interface ChartData {
  /** Seconds, rising. */
  times: readonly number[]
  lines: readonly Line[]
  axes: readonly Axis[]
}
