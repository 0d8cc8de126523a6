/** Queries run beside each other: one that fails leaves the others their answers. */

import { ApiError } from '../lib/api'
import type { Answers } from '../dashboards/data/asked'
import { panelSeries } from '../dashboards/data/load'
import type { Plan } from '../dashboards/data/plan'
import { answerOf, askPrometheus, cabinetSource, type PrometheusAnswer, type Source } from '../dashboards/data/source'
import type { Ask, PanelData, PanelSeries } from '../dashboards/data/types'
import type { Panel } from '../dashboards/model'
import { t } from '../lib/i18n'

/** What a query cost. Source: `stats` of Prometheus' API. */
export interface Cost {
  samples: number
  tookMs: number
}

/** How a query went. */
export interface Outcome extends Partial<Cost> {
  series: number
  /** Of a query over time. */
  stepS?: number
  error?: ApiError
}

interface CountedAnswer extends PrometheusAnswer {
  data: PrometheusAnswer['data'] & { stats?: { timings: { execTotalTime: number }; samples: { totalQueryableSamples: number } } }
}

/** The organisation's metrics, and what each question cost. */
export class CountingSource {
  #costs = new WeakMap<Ask, Cost>()
  readonly source: Source = {
    ...cabinetSource,
    ask: async (ask, _, signal) => {
      const answer = await askPrometheus<CountedAnswer>(ask, { stats: 'true' }, signal)
      const { stats } = answer.data
      if (stats) this.#costs.set(ask, { samples: stats.samples.totalQueryableSamples, tookMs: stats.timings.execTotalTime * 1000 })
      return answerOf(answer)
    },
  }

  costOf(ask: Ask): Cost | undefined {
    return this.#costs.get(ask)
  }
}

export interface Results {
  data: PanelData
  /** By the query's letter. */
  outcomes: ReadonlyMap<string, Outcome>
}

function errorOf(cause: unknown): ApiError {
  return cause instanceof ApiError ? cause : new ApiError(0, t('Something went wrong here'), cause instanceof Error ? cause.message : String(cause))
}

/** Ask all of a plan. Raises only what tells that nobody wants the answer any more. */
export async function run(panel: Panel, plan: Plan, counting: CountingSource, answers: Answers, signal: AbortSignal): Promise<Results> {
  const found = await Promise.allSettled(plan.asks.map((ask) => answers.get(ask, { panel: panel.id }, signal)))
  signal.throwIfAborted()
  const series: PanelSeries[] = []
  const notices = new Set<string>()
  const outcomes = new Map<string, Outcome>()
  plan.asks.forEach((ask, index) => {
    const one = found[index]
    if (one?.status !== 'fulfilled') {
      outcomes.set(ask.ref, { series: 0, error: errorOf(one?.reason) })
      return
    }
    for (const raw of one.value.series) series.push(panelSeries(panel, plan, ask, raw))
    for (const notice of one.value.notices) notices.add(notice)
    outcomes.set(ask.ref, { series: one.value.series.length, ...(ask.at === 'range' ? { stepS: ask.stepS } : {}), ...counting.costOf(ask) })
  })
  return { data: { series, notices: [...notices], ...plan.span, stepS: plan.stepS, refs: plan.asks.map(({ ref }) => ref) }, outcomes }
}
