/** What a visitor with a link may ask: the queries of the dashboard's panels, by their names, and its variables. */

import { ApiError, call } from '../lib/api'
import { completeDashboard } from '../dashboards/complete'
import { answerOf, HIDDEN, type PrometheusAnswer, type Source, type ToldVariable } from '../dashboards/data/source'
import type { Dashboard, Panel, Variable } from '../dashboards/model'
import { ALL, type Scope } from '../dashboards/variables/interpolate'

export interface SharedView {
  title: string
  /** Without its expressions. */
  dashboard: Dashboard
  /** Empty where visitors choose the time. */
  start: string
  end: string
  /** Names of those that a visitor may change. */
  variables: string[]
  expires_at_ms: number
}

export async function openShared(token: string, signal: AbortSignal): Promise<SharedView> {
  const view = await call<SharedView>(pathOf(token), { signal, isPublic: true })
  return { ...view, dashboard: drawable(view, completeDashboard(view.dashboard)) }
}

function pathOf(token: string): string {
  return `/api/obsv/v1/shared/${encodeURIComponent(token)}`
}

/** The document with something in place of each expression, so that panels ask for it; only what may be chosen is shown. */
function drawable({ title, start, end, variables }: SharedView, dashboard: Dashboard): Dashboard {
  const values = dashboard.variables.map(({ name }) => `\${${name}:json}`).join(' ')
  const asking = (panel: Panel): Panel => ({ ...panel, queries: panel.queries.map((query) => ({ ...query, expr: `${HIDDEN}${panel.id} ${query.ref} ${values}` })) })
  const seen = (variable: Variable): Variable => (variables.includes(variable.name) ? variable : { ...variable, hide: 'variable' })
  return {
    ...dashboard,
    title: title || dashboard.title,
    time: start ? { start, end } : dashboard.time,
    variables: dashboard.variables.map(seen),
    panels: dashboard.panels.map(asking),
  }
}

const isSame = (some: readonly string[], others: readonly string[]): boolean => some.length === others.length && some.every((one, index) => one === others[index])

/** Answers for a link; `ongone` is told when it works no more. */
export function sharedSource(token: string, view: SharedView, ongone: () => void): Source {
  let told: readonly ToldVariable[] = []

  async function post<T>(what: string, body: object, signal: AbortSignal): Promise<T> {
    try {
      return await call<T>(`${pathOf(token)}/${what}`, { method: 'POST', body, signal, isPublic: true })
    } catch (cause) {
      if (cause instanceof ApiError && cause.code === 'no_link') ongone()
      throw cause
    }
  }

  /** What the server must be told: what is the visitor's to choose, and what a panel is repeated for. */
  function wishes(scope: Scope | undefined): Record<string, readonly string[]> {
    const found = told.flatMap(({ name, values }) => {
      const chosen = scope?.get(name)
      const isOwn = view.variables.includes(name) || !isSame(chosen?.values ?? [], values)
      return chosen && isOwn && chosen.values.length > 0 ? [[name, chosen.isAll ? [ALL] : chosen.values] as const] : []
    })
    return Object.fromEntries(found)
  }

  return {
    async ask({ ref, at, startS, endS, stepS }, { panel, scope }, signal) {
      const time = { start_ms: Math.round(startS * 1000), end_ms: Math.round(endS * 1000), step_ms: Math.max(1, Math.round(stepS * 1000)) }
      return answerOf(await post<PrometheusAnswer>('query', { panel, ref, at, ...time, variables: wishes(scope) }, signal))
    },
    async variables({ fromMs, toMs }, chosen, signal) {
      const body = { start_ms: Math.floor(fromMs), end_ms: Math.ceil(toMs), variables: chosen }
      told = (await post<{ variables: ToldVariable[] }>('variables', body, signal)).variables
      return [...told]
    },
    // The server asks these itself, and tells no more than what comes of them.
    labelNames: () => Promise.resolve([]),
    labelValues: () => Promise.resolve([]),
    series: () => Promise.resolve([]),
    events: () => Promise.resolve([]),
  }
}
