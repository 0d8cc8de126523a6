/** All answers to a panel's plan, as named series. */

import type { Panel } from '../model'
import { labelsKey } from './merge'
import { seriesName } from './names'
import type { Answers, Memory } from './asked'
import type { Plan } from './plan'
import type { Ask, PanelData, PanelSeries, RawSeries } from './types'

/** A series of an answer, named as the panel names it. */
export function panelSeries(panel: Panel, { scope }: Plan, { ref, expr, at, stepS }: Ask, raw: RawSeries): PanelSeries {
  const legend = panel.queries.find((query) => query.ref === ref)?.legend ?? ''
  return { ...raw, ref, stepS, key: `${ref} ${at}\n${labelsKey(raw.labels)}`, name: seriesName(legend, raw.labels, expr, scope), isInstant: at === 'instant' }
}

/** Ask for what is new of them. */
export async function loadPanel(panel: Panel, plan: Plan, { answers, memory }: { answers: Answers; memory: Memory }, signal: AbortSignal): Promise<PanelData> {
  const found = await Promise.all(plan.asks.map((ask) => memory.answer(answers, ask, { panel: panel.id }, signal)))
  const series = plan.asks.flatMap((ask, index) => (found[index]?.series ?? []).map((raw) => panelSeries(panel, plan, ask, raw)))
  return { series, notices: [...new Set(found.flatMap(({ notices }) => notices))], ...plan.span, stepS: plan.stepS, refs: [...new Set(plan.asks.map(({ ref }) => ref))] }
}
