/** Where answers come from: the organisation's own metrics, or what a shared link lets see. */

import { call } from '../../lib/api'
import type { Span } from '../../lib/time'
import type { Labels } from '../../lib/types'
import type { Choice } from '../model'
import type { Scope } from '../variables/interpolate'
import type { Answer, Ask, NativeHistogram, RawSeries } from './types'

/** Who asks: panels of a shared dashboard are known to the server, which takes their queries from there. */
export interface Asker {
  panel: number
  /** What variables stand for in it. */
  scope?: Scope
}

/** Begins what stands for an expression that is not told; what follows it tells one from another. */
export const HIDDEN = '\0'

/** What a variable offers and stands for, where the server finds that out. */
export interface ToldVariable {
  name: string
  choices: Choice[]
  values: string[]
  is_all: boolean
}

export interface Period {
  startS: number
  endS: number
}

/** Something that happened, such as a deploy: times in milliseconds. */
export interface StoredEvent {
  time: number
  end: number | null
  title: string
  text: string
  tags: string[]
}

export interface Source {
  /** All variables at once, given those that are chosen; without this, each is found out by its query. */
  variables?: (span: Span, chosen: Readonly<Record<string, readonly string[]>>, signal: AbortSignal) => Promise<ToldVariable[]>
  ask: (ask: Ask, asker: Asker, signal: AbortSignal) => Promise<Answer>
  labelNames: (match: string, period: Period, signal: AbortSignal) => Promise<string[]>
  labelValues: (label: string, match: string, period: Period, signal: AbortSignal) => Promise<string[]>
  series: (match: string, period: Period, signal: AbortSignal) => Promise<Labels[]>
  /** Those with all of the tags. */
  events: (span: Span, tags: readonly string[], signal: AbortSignal) => Promise<StoredEvent[]>
  /** Alerts with these labels that fired, or incidents; nobody outside is told of them. */
  marks?: (of: 'alerts' | 'incidents', span: Span, matchers: readonly string[], signal: AbortSignal) => Promise<StoredEvent[]>
}

type Sample = [number, string]

/** Prometheus' result of any type, as far as it is read. */
interface Result {
  resultType: 'matrix' | 'vector' | 'scalar' | 'string'
  result: readonly unknown[]
}

export interface PrometheusAnswer {
  data: Result
  warnings?: string[]
  infos?: string[]
}

interface Row {
  metric: Labels
  values?: Sample[]
  value?: Sample
  histograms?: [number, NativeHistogram][]
  histogram?: [number, NativeHistogram]
}

/** `NaN`, `+Inf` and the like are numbers here too. */
function numberOf(text: string): number {
  const value = Number(text)
  if (!Number.isNaN(value)) return value
  return text === '+Inf' || text === 'Inf' ? Infinity : text === '-Inf' ? -Infinity : Number.NaN
}

function seriesOf({ metric, values, value, histograms, histogram }: Row): RawSeries {
  const samples = values ?? (value ? [value] : [])
  return {
    labels: metric,
    times: samples.map(([time]) => time),
    values: samples.map(([, text]) => numberOf(text)),
    histograms: histograms ?? (histogram ? [histogram] : []),
  }
}

/** Prometheus' answer as series. */
export function answerOf({ data, warnings = [], infos = [] }: PrometheusAnswer): Answer {
  const { resultType, result } = data
  const rows = resultType === 'scalar' || resultType === 'string' ? [{ metric: {}, value: result as unknown as Sample }] : (result as readonly Row[])
  return { series: rows.map(seriesOf), notices: [...warnings, ...infos] }
}

/** More would not be told apart, and could stall the page. */
const MOST_SERIES = 1000
// An address may be 8 KiB long with most servers in between.
const LONGEST_ADDRESS = 4000

type Parameters = Readonly<Record<string, string | number>>

async function get<T>(path: string, parameters: Parameters, signal: AbortSignal): Promise<T> {
  const length = Object.values(parameters).reduce<number>((sum, value) => sum + encodeURIComponent(String(value)).length, 0)
  return length > LONGEST_ADDRESS ? call<T>(path, { method: 'POST', form: parameters, signal }) : call<T>(path, { query: parameters, signal })
}

function matching(match: string, { startS, endS }: Period): Parameters {
  return { start: startS, end: endS, ...(match ? { 'match[]': match } : {}) }
}

/** One question to Prometheus' API, with what else is asked for. */
export function askPrometheus<T extends PrometheusAnswer>({ expr, at, startS, endS, stepS }: Ask, beside: Parameters, signal: AbortSignal): Promise<T> {
  const range = at === 'range' ? { start: startS, end: endS, step: stepS } : { time: endS }
  const path = at === 'range' ? '/api/v1/query_range' : '/api/v1/query'
  return get<T>(path, { query: expr, ...range, limit: MOST_SERIES, ...beside }, signal)
}

/** The organisation's metrics by Prometheus' API. */
export const cabinetSource: Source = {
  async ask(ask, _, signal) {
    return answerOf(await askPrometheus(ask, {}, signal))
  },
  async labelNames(match, period, signal) {
    return (await get<{ data: string[] }>('/api/v1/labels', matching(match, period), signal)).data
  },
  async labelValues(label, match, period, signal) {
    const path = `/api/v1/label/${encodeURIComponent(label)}/values`
    return (await call<{ data: string[] }>(path, { query: matching(match, period), signal })).data
  },
  async series(match, period, signal) {
    return (await get<{ data: Labels[] }>('/api/v1/series', { ...matching(match, period), limit: MOST_SERIES }, signal)).data
  },
  async events({ fromMs, toMs }, tags, signal) {
    const query = { since_ms: Math.floor(fromMs), until_ms: Math.ceil(toMs), ...(tags.length > 0 ? { tag: tags } : {}) }
    return (await call<{ events: StoredEvent[] }>('/api/obsv/v1/events', { query, signal })).events
  },
  async marks(of, span, matchers, signal) {
    return (await import('./marks')).marks(of, span, matchers, signal)
  },
}
