/** What panels ask, and what they get. */

import type { Labels } from '../../lib/types'

/** One query of a panel, ready to be asked: its variables stand for values, its ends are on its step's grid. */
export interface Ask {
  ref: string
  expr: string
  at: 'range' | 'instant'
  /** Seconds; for an instant both are that moment. */
  startS: number
  endS: number
  stepS: number
}

/** A native histogram: [rule, low, high, count] a bucket. Source: Prometheus' HTTP API. */
export interface NativeHistogram {
  count: string
  sum: string
  buckets?: [number, string, string, string][]
}

export interface RawSeries {
  labels: Labels
  /** Seconds, rising. */
  times: number[]
  values: number[]
  histograms: [number, NativeHistogram][]
}

export interface Answer {
  series: RawSeries[]
  /** What the server says beside it. */
  notices: string[]
}

/** A series of a panel, named. */
export interface PanelSeries extends RawSeries {
  /** What it is, whatever it is named. */
  key: string
  ref: string
  name: string
  /** Asked at one moment: its value is no line. */
  isInstant: boolean
  stepS: number
}

/** All that a panel shows. */
export interface PanelData {
  series: PanelSeries[]
  notices: string[]
  /** Of the queries that were asked. */
  refs: string[]
  /** What it was asked for, which the axis shows until the next answer is there. */
  fromMs: number
  toMs: number
  stepS: number
}
