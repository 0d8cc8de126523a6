/** Where the choices of variables come from, and in which order. */

import type { Span } from '../../lib/time'
import { labelsKey } from '../data/merge'
import type { Source } from '../data/source'
import type { Choice, Variable } from '../model'
import { builtins, constant, interpolate, namesIn, type Chosen, type Scope } from './interpolate'
import { choicesOf, parseQuery } from './query'

const STEP_S = 60

/** What names stand for before any variable has a value. */
export function spanScope(span: Span): Map<string, Chosen> {
  return new Map(builtins({ ...span, stepS: STEP_S }))
}

/** A dashboard's own variables, in its order, and all of them as an address has them. */
export function wholeScope(variables: readonly Variable[], scope: Scope): Scope {
  const own = variables.map(({ name }): [string, Chosen] => [name, scope.get(name) ?? constant('')])
  const parameters = own.map(([name, chosen]) => interpolate(`\${${name}:queryparam}`, new Map([[name, chosen]]), 'url'))
  // Put in as it is, for it is encoded already.
  const address: Chosen = { values: [], isSeveral: false, isAll: true, allValue: parameters.filter(Boolean).join('&') }
  return new Map([...own, ['__all_variables', address]])
}

/** For what a variable's choices were asked: they are asked for again only when this is another one. */
export function questionOf(variable: Variable, scope: Scope, span: Span): string {
  const own = variable.refresh === 'time' ? [span.fromMs, span.toMs] : []
  return JSON.stringify([interpolate(variable.query, scope), variable.regex, variable.sort, own])
}

/** Variables in an order in which each comes after those that it refers to; where they run in a circle, as they stand. */
export function inOrder(variables: readonly Variable[]): Variable[] {
  const out: Variable[] = []
  let waiting = [...variables]
  while (waiting.length > 0) {
    const names = new Set(waiting.map(({ name }) => name))
    const isReady = (one: Variable): boolean => [...namesIn(one.query)].every((name) => name === one.name || !names.has(name))
    const ready = waiting.filter(isReady)
    const next = ready.length > 0 ? ready : waiting.slice(0, 1)
    out.push(...next)
    waiting = waiting.filter((one) => !next.includes(one))
  }
  return out
}

/** The choices that a query variable has in a span. */
export async function loadChoices(variable: Variable, scope: Scope, span: Span, source: Source, signal: AbortSignal): Promise<Choice[]> {
  const period = { startS: Math.floor(span.fromMs / 1000), endS: Math.ceil(span.toMs / 1000) }
  const query = parseQuery(interpolate(variable.query, scope))
  switch (query.kind) {
    case 'label-values':
      return choicesOf(await source.labelValues(query.label, query.selector, period, signal), variable)
    case 'label-names':
      return choicesOf(await source.labelNames('', period, signal), variable)
    case 'metrics': {
      const pattern = new RegExp(query.text)
      return choicesOf((await source.labelValues('__name__', '', period, signal)).filter((name) => pattern.test(name)), variable)
    }
    case 'query-result': {
      const ask = { ref: variable.name, expr: query.text, at: 'instant', startS: period.endS, endS: period.endS, stepS: 1 } as const
      const { series } = await source.ask(ask, { panel: 0 }, signal)
      return choicesOf(series.map(({ labels, values, times }) => `${written(labels)} ${values[0] ?? ''} ${Math.round((times[0] ?? 0) * 1000)}`), variable)
    }
    case 'series': {
      const found = query.text ? await source.series(query.text, period, signal) : []
      return choicesOf(found.map(written), variable)
    }
  }
}

/** `name{a="b"}`, as Prometheus writes a series. */
function written({ __name__ = '', ...labels }: Readonly<Record<string, string>>): string {
  const pairs = labelsKey(labels).split('\n').filter(Boolean)
  return `${__name__}{${pairs.map((pair) => pair.replace(/=(.*)$/s, (_, value: string) => `=${JSON.stringify(value)}`)).join(',')}}`
}
