/** The variables of the open dashboard: their choices, loaded each after those that it refers to, and what is chosen. */

import { ApiError } from '../../lib/api'
import { router } from '../../lib/router.svelte'
import type { Span } from '../../lib/time'
import type { Source } from '../data/source'
import { labelsKey } from '../data/merge'
import type { Choice, Variable } from '../model'
import { chosenOf, ownChoices, wanted } from './choose'
import { builtins, constant, interpolate, namesIn, type Chosen, type Scope } from './interpolate'
import { choicesOf, parseQuery } from './query'

interface Loaded {
  choices: Choice[]
  error?: ApiError | undefined
}

/** For what a variable's choices were asked: they are asked for again only when this is another one. */
function questionOf(variable: Variable, scope: Scope, span: Span): string {
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

async function load(variable: Variable, scope: Scope, span: Span, source: Source, signal: AbortSignal): Promise<Choice[]> {
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

export class Variables {
  readonly all: readonly Variable[]
  #source: Source
  #loaded = $state.raw<Readonly<Record<string, Loaded>>>({})
  #questions = new Map<string, string>()
  #running: AbortController | undefined
  #told = ''
  /** What the address, and what is loaded, make of them; null until all are there for the first time. */
  scope = $state.raw<Scope | null>(null)

  constructor(all: readonly Variable[], source: Source) {
    this.all = all
    this.#source = source
  }

  choices(name: string): readonly Choice[] {
    return this.#loaded[name]?.choices ?? []
  }

  error(name: string): ApiError | undefined {
    return this.#loaded[name]?.error
  }

  /** Bring all up to a span and an address. */
  async update(span: Span, query: URLSearchParams): Promise<void> {
    this.#running?.abort()
    const running = (this.#running = new AbortController())
    const scope = new Map<string, Chosen>(builtins({ ...span, stepS: 60 }))
    for (const variable of inOrder(this.all)) {
      const choices = await this.#choicesOf(variable, scope, span, running.signal)
      if (running.signal.aborted) return
      scope.set(variable.name, chosenOf(variable, wanted(variable, query), choices, span))
    }
    // In the order of the document, which is that of the address.
    const own = this.all.map(({ name }): [string, Chosen] => [name, scope.get(name) ?? constant('')])
    const parameters = own.map(([name, chosen]) => interpolate(`\${${name}:queryparam}`, new Map([[name, chosen]]), 'url'))
    // Put in as it is, for it is encoded already.
    const address: Chosen = { values: [], isSeveral: false, isAll: true, allValue: parameters.filter(Boolean).join('&') }
    const told = JSON.stringify([...own, address])
    // The same again must not make panels ask again.
    if (told !== this.#told) this.scope = new Map([...own, ['__all_variables', address]])
    this.#told = told
  }

  stop(): void {
    this.#running?.abort()
  }

  async #choicesOf(variable: Variable, scope: Scope, span: Span, signal: AbortSignal): Promise<readonly Choice[]> {
    const { name, kind } = variable
    if (kind !== 'query') {
      if (!(name in this.#loaded)) this.#loaded = { ...this.#loaded, [name]: { choices: ownChoices(variable) } }
      return this.choices(name)
    }
    const question = questionOf(variable, scope, span)
    if (this.#questions.get(name) === question) return this.choices(name)
    try {
      this.#loaded = { ...this.#loaded, [name]: { choices: await load(variable, scope, span, this.#source, signal) } }
      this.#questions.set(name, question)
    } catch (cause) {
      if (signal.aborted) return []
      const error = cause instanceof ApiError ? cause : new ApiError(0, 'Not loaded', String(cause))
      this.#loaded = { ...this.#loaded, [name]: { choices: [...this.choices(name)], error } }
    }
    return this.choices(name)
  }
}

/** Put a choice into the address. */
export function choose(name: string, values: readonly string[]): void {
  router.setAll(`var-${name}`, values)
}
