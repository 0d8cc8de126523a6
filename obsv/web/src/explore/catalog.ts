/** Which metrics there are, what is told of them, and what labels they have. */

import { call } from '../lib/api'
import { selector } from '../lib/promql'
import type { Metadata } from '../promql/client'

export interface Metric {
  name: string
  type: string
  help: string
  unit: string
}

export interface LabelFacts {
  name: string
  /** Different ones. */
  values: number
}

export interface ValueFacts {
  name: string
  value: string
  /** Series that have it. */
  series: number
}

const MOST_METRICS = 20_000
const MOST_COUNTED = 1000
const PARTS = /_(bucket|count|sum|total|created|info)$/

/** What a sender told of a metric's family. Pure. */
export function aboutOf(name: string, told: Readonly<Record<string, readonly Metadata[]>>): Metric {
  const about = (told[name] ?? told[name.replace(PARTS, '')])?.[0]
  return { name, type: about?.type ?? '', help: about?.help ?? '', unit: about?.unit ?? '' }
}

export async function metricsOf(period: { startS: number; endS: number }, signal: AbortSignal): Promise<Metric[]> {
  const query = { start: period.startS, end: period.endS, limit: MOST_METRICS }
  const [names, told] = await Promise.all([
    call<{ data: string[] }>('/api/v1/label/__name__/values', { query, signal }),
    call<{ data: Record<string, Metadata[]> }>('/api/v1/metadata', { signal }),
  ])
  return names.data.map((name) => aboutOf(name, told.data))
}

/** Those with every word in their name or help. Pure. */
export function matching(metrics: readonly Metric[], text: string): Metric[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return metrics.filter(({ name, help }) => words.every((word) => name.toLowerCase().includes(word) || help.toLowerCase().includes(word)))
}

export interface Unread {
  active: number
  series: number
  /** Largest first. */
  metrics: { name: string; series: number }[]
}

/** Metrics whose series of the last hour no dashboard and no rule reads. */
export async function unreadMetrics(signal: AbortSignal): Promise<Unread> {
  return call<Unread>('/api/obsv/v1/metrics/unread', { query: { limit: MOST_COUNTED }, signal })
}

interface Cardinality {
  found: { active: number; labels: { name: string; values: number }[]; pairs: { name: string; value: string; active: number }[] }
}

export interface Labelled {
  series: number
  labels: LabelFacts[]
  values: ValueFacts[]
}

/** Labels and values of a metric's series in the last hour, and how many have them. */
export async function labelsOf(metric: string, signal: AbortSignal): Promise<Labelled> {
  const query = { match: selector({ __name__: metric }), limit: MOST_COUNTED }
  const { found } = await call<Cardinality>('/api/obsv/v1/metrics/cardinality', { query, signal })
  return {
    series: found.active,
    labels: found.labels.filter(({ name }) => name !== '__name__').map(({ name, values }) => ({ name, values })),
    values: found.pairs.map(({ name, value, active }) => ({ name, value, series: active })),
  }
}
