/** All answers to a panel's plan, as named series. */

import type { Panel } from '../model'
import { interpolate } from '../variables/interpolate'
import { labelsKey } from './merge'
import { seriesName } from './names'
import type { Answers, Memory } from './asked'
import type { Plan } from './plan'
import { HIDDEN } from './source'
import type { Ask, PanelData, PanelSeries, RawSeries } from './types'

/** A series of an answer, named as the panel names it. */
export function panelSeries(panel: Panel, { scope }: Plan, { ref, expr, at, stepS }: Ask, raw: RawSeries): PanelSeries {
  const legend = panel.queries.find((query) => query.ref === ref)?.legend ?? ''
  const unnamed = expr.startsWith(HIDDEN) ? interpolate(panel.title, scope, 'text') || ref : expr
  return { ...raw, ref, stepS, key: `${ref} ${at}\n${labelsKey(raw.labels)}`, name: seriesName(legend, raw.labels, unnamed, scope), isInstant: at === 'instant' }
}

/** Ask for what is new of them. */
export async function loadPanel(panel: Panel, plan: Plan, { answers, memory }: { answers: Answers; memory: Memory }, signal: AbortSignal): Promise<PanelData> {
  const found = await Promise.all(plan.asks.map((ask) => memory.answer(answers, ask, { panel: panel.id, scope: plan.scope }, signal)))
  const series = plan.asks.flatMap((ask, index) => (found[index]?.series ?? []).map((raw) => panelSeries(panel, plan, ask, raw)))
  return { series, notices: [...new Set(found.flatMap(({ notices }) => notices))], ...plan.span, stepS: plan.stepS, refs: [...new Set(plan.asks.map(({ ref }) => ref))] }
}
