/** What completion asks the server: by the session, for the organisation of the page. */

import { labelMatchersToString } from '@prometheus-io/codemirror-promql/dist/esm/parser/matcher'
import type { PrometheusClient } from '@prometheus-io/codemirror-promql/dist/esm/client'
import type { Matcher } from '@prometheus-io/codemirror-promql/dist/esm/types'
import { call, serverNow } from '../lib/api'
import type { Labels } from '../lib/types'

export interface Metadata {
  type: string
  help: string
  unit: string
}

const LOOKBACK_S = 12 * 3600
const KEPT_MS = 60_000
const MOST_KEPT = 200
const MOST_NAMES = 20_000
const MOST_VALUES = 2000

/** An answer serves for a minute, as people type faster than metrics appear. */
const kept = new Map<string, { atMs: number; answer: Promise<unknown> }>()

function get<T>(org: string, path: string, query: Readonly<Record<string, string | number>>): Promise<T> {
  const key = `${org} ${path} ${JSON.stringify(query)}`
  const found = kept.get(key)
  if (found && Date.now() - found.atMs < KEPT_MS) return found.answer as Promise<T>
  const start = Math.floor(serverNow() / 1000) - LOOKBACK_S
  const answer = call<{ data: T }>(path, { query: { ...query, start } }).then(({ data }) => data)
  if (kept.size > MOST_KEPT) kept.clear()
  kept.set(key, { atMs: Date.now(), answer })
  answer.catch(() => kept.delete(key))
  return answer
}

function matching(selector: string): Readonly<Record<string, string>> {
  return selector ? { 'match[]': selector } : {}
}

// What a variable stands for is not known here.
const isPlain = (text: string): boolean => !text.includes('$') && !text.includes('[[')

export interface Client extends PrometheusClient {
  metricMetadata: () => Promise<Record<string, Metadata[]>>
}

/** Names of metrics, with type, help and unit where a sender has told them. */
export function clientOf(org: string): Client {
  function selector(metric: string, matchers: Matcher[] = [], label = ''): string {
    const known = matchers.filter(({ value }) => isPlain(value))
    const name = isPlain(metric) ? metric : ''
    const text = labelMatchersToString(name, known, label)
    return text === '{}' ? '' : text
  }
  return {
    metricNames: () => get(org, '/api/v1/label/__name__/values', { limit: MOST_NAMES }),
    metricMetadata: () => get(org, '/api/v1/metadata', {}),
    labelNames: (metric = '') => get<string[]>(org, '/api/v1/labels', matching(selector(metric))).then((names) => names.filter((name) => name !== '__name__')),
    labelValues: (label, metric = '', matchers = []) =>
      get(org, `/api/v1/label/${encodeURIComponent(label)}/values`, { limit: MOST_VALUES, ...matching(selector(metric, matchers, label)) }),
    series: async (metric, matchers, label) => {
      const found = await get<Labels[]>(org, '/api/v1/series', { limit: MOST_VALUES, ...matching(selector(metric, matchers, label)) })
      return found.map((labels) => new Map(Object.entries(labels)))
    },
    flags: () => Promise.resolve({}),
  }
}
