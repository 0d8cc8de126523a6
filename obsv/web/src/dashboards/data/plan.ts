/** What a panel asks, for a time and a width. Pure. */

import { aligned, durationS, stepFor, type Span } from '../../lib/time'
import type { Panel, Query } from '../model'
import { addMatchers } from './matchers'
import { builtins, interpolate, type Scope } from '../variables/interpolate'
import type { Ask } from './types'

const PIXELS_PER_POINT = 1.5

export interface Plan {
  /** What the panel shows: the dashboard's time, unless it has its own. */
  span: Span
  /** The least of its queries' steps. */
  stepS: number
  asks: Ask[]
  /** What names stand for in titles and legends. */
  scope: Scope
}

function seconds(text: string, scope: Scope): number {
  return text ? (durationS(interpolate(text.replace(/^[<>]=?\s*/, ''), scope, 'text')) ?? 0) : 0
}

function spanOf({ last, shift }: Panel, { fromMs, toMs }: Span, scope: Scope): Span {
  const [lengthS, shiftS] = [seconds(last, scope), seconds(shift, scope)]
  const endMs = toMs - shiftS * 1000
  return { fromMs: lengthS > 0 ? endMs - lengthS * 1000 : fromMs - shiftS * 1000, toMs: endMs }
}

function askOf(query: Query, at: 'range' | 'instant', plan: Omit<Plan, 'asks'>, stepS: number, matchers: readonly string[]): Ask {
  const scope: Scope = new Map([...builtins({ ...plan.span, stepS }), ...plan.scope])
  const expr = addMatchers(interpolate(query.expr, scope), matchers)
  if (at === 'instant') {
    const endS = Math.floor(plan.span.toMs / 1000)
    return { ref: query.ref, expr, at, startS: endS, endS, stepS }
  }
  const { fromMs, toMs } = aligned(plan.span, stepS)
  return { ref: query.ref, expr, at, startS: fromMs / 1000, endS: Math.max(fromMs, toMs) / 1000, stepS }
}

/** What is asked for a panel that is so wide; `matchers` are of the dashboard's filters. */
export function planOf(panel: Panel, span: Span, widthPx: number, scope: Scope, matchers: readonly string[] = []): Plan {
  const own = spanOf(panel, span, scope)
  const usualS = stepFor(own, panel.max_points > 0 ? panel.max_points * PIXELS_PER_POINT : widthPx)
  const queries = panel.queries.filter(({ hidden, expr }) => !hidden && expr.trim())
  const steps = queries.map(({ step }) => Math.max(usualS, seconds(step, scope)))
  const plan = { span: own, stepS: Math.min(...steps, steps.length > 0 ? Infinity : usualS), scope }
  const asks = queries.flatMap((query, index) => {
    const kinds = query.at === 'both' ? (['range', 'instant'] as const) : [query.at]
    return kinds.map((at) => askOf(query, at, plan, steps[index] ?? usualS, matchers))
  })
  return { ...plan, asks, scope: new Map([...builtins({ ...own, stepS: plan.stepS }), ...scope]) }
}
