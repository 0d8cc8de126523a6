/** What happened meanwhile: events that were sent, and times at which an expression is not 0. */

import type { Annotation } from '../charts/types'
import { stepFor, type Span } from '../lib/time'
import type { Source, StoredEvent } from './data/source'
import type { RawSeries } from './data/types'
import type { AnnotationQuery } from './model'
import { seriesText } from './data/names'
import { builtins, interpolate, type Scope } from './variables/interpolate'

const PLOT_PX = 800
const MOST = 300

function fromEvent({ time, end, title, text, tags }: StoredEvent, colour: string): Annotation {
  return { fromS: time / 1000, toS: (end ?? time) / 1000, colour, title, text, tags }
}

/** Stretches in which a series is neither 0 nor missing. */
export function stretches({ times, values }: Pick<RawSeries, 'times' | 'values'>, stepS: number): [number, number][] {
  const out: [number, number][] = []
  times.forEach((time, index) => {
    if (!values[index]) return
    const last = out.at(-1)
    if (last && time - last[1] < stepS * 1.5) last[1] = time
    else out.push([time, time])
  })
  return out
}

async function fromExpression(query: AnnotationQuery, span: Span, scope: Scope, source: Source, signal: AbortSignal): Promise<Annotation[]> {
  const stepS = stepFor(span, PLOT_PX)
  const [startS, endS] = [Math.ceil(span.fromMs / 1000 / stepS) * stepS, Math.floor(span.toMs / 1000 / stepS) * stepS]
  const expr = interpolate(query.expr, new Map([...builtins({ ...span, stepS }), ...scope]))
  const { series } = await source.ask({ ref: query.name, expr, at: 'range', startS, endS, stepS }, { panel: 0 }, signal)
  return series.flatMap((one) =>
    stretches(one, stepS).map(([fromS, toS]) => ({
      fromS,
      toS,
      colour: query.color || 'warn',
      title: (query.title || query.name).replace(/\{\{\s*([^{}\s]+)\s*\}\}/g, (_, label: string) => one.labels[label] ?? ''),
      text: seriesText(one.labels),
      tags: [],
    })),
  )
}

/** All of a dashboard, in a span. */
export async function loadAnnotations(queries: readonly AnnotationQuery[], span: Span, scope: Scope, source: Source, signal: AbortSignal): Promise<Annotation[]> {
  const found = await Promise.all(
    queries
      .filter(({ enabled }) => enabled)
      .map(async (query) => {
        if (query.source === 'expression') return fromExpression(query, span, scope, source, signal)
        if (query.source === 'events') return (await source.events(span, query.tags, signal)).map((event) => fromEvent(event, query.color || 'info'))
        const matchers = query.matchers.map((matcher) => interpolate(matcher, scope))
        return ((await source.marks?.(query.source, span, matchers, signal)) ?? []).map((event) => fromEvent(event, query.color || 'bad'))
      }),
  )
  return found.flat().slice(0, MOST)
}
