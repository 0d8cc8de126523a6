/** The variables of the open dashboard: their choices, loaded each after those that it refers to, and what is chosen. */

import { ApiError } from '../../lib/api'
import { router } from '../../lib/router.svelte'
import type { Span } from '../../lib/time'
import type { Source } from '../data/source'
import type { Choice, Variable } from '../model'
import { chosenOf, ownChoices, wanted } from './choose'
import type { Chosen, Scope } from './interpolate'
import type { Told } from './told'
import { inOrder, loadChoices, questionOf, spanScope, wholeScope } from './load'
import { t } from '../../lib/i18n'

interface Loaded {
  choices: Choice[]
  error?: ApiError | undefined
}

function asApiError(cause: unknown): ApiError {
  return cause instanceof ApiError ? cause : new ApiError(0, t('Not loaded'), String(cause))
}

export class Variables {
  readonly all: readonly Variable[]
  /** Those that can be chosen. */
  readonly shown: readonly Variable[]
  #source: Source
  #loaded = $state.raw<Readonly<Record<string, Loaded>>>({})
  #questions: Record<string, string> = {}
  #toldBy: Told | undefined
  #running: AbortController | undefined
  #address = ''
  #told = ''
  /** What the address, and what is loaded, make of them; null until all are there for the first time. */
  scope = $state.raw<Scope | null>(null)

  constructor(all: readonly Variable[], source: Source) {
    this.all = all
    this.shown = all.filter(({ hide, kind }) => hide !== 'variable' && kind !== 'constant')
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
    const address = query.toString()
    // Slow answers must not be given up at each beat; the next one after them catches up.
    if (this.#running && !this.#running.signal.aborted && address === this.#address) return
    this.#running?.abort()
    const running = (this.#running = new AbortController())
    this.#address = address
    const scope = spanScope(span)
    if (this.#source.variables) await this.#ask(scope, span, query, running.signal)
    else await this.#find(scope, span, query, running.signal)
    if (running.signal.aborted) return
    const whole = wholeScope(this.all, scope)
    const told = JSON.stringify([...whole])
    // The same again must not make panels ask again.
    if (told !== this.#told) this.scope = whole
    this.#told = told
    this.#running = undefined
  }

  stop(): void {
    this.#running?.abort()
  }

  /** Each after those that it refers to. */
  async #find(scope: Map<string, Chosen>, span: Span, query: URLSearchParams, signal: AbortSignal): Promise<void> {
    for (const variable of inOrder(this.all)) {
      const choices = await this.#choicesOf(variable, scope, span, signal)
      if (signal.aborted) return
      scope.set(variable.name, chosenOf(variable, wanted(variable, query), choices, span))
    }
  }

  /** All at once, of a source that knows. */
  async #ask(scope: Map<string, Chosen>, span: Span, query: URLSearchParams, signal: AbortSignal): Promise<void> {
    const { Told } = await import('./told')
    this.#toldBy ??= new Told(this.all)
    try {
      if (!this.#source.variables) return
      for (const [name, chosen] of await this.#toldBy.ask(this.#source.variables, span, query, signal)) scope.set(name, chosen)
      this.#loaded = Object.fromEntries(this.#toldBy.answers.map(({ name, choices }) => [name, { choices }]))
    } catch (cause) {
      if (signal.aborted) return
      this.#loaded = Object.fromEntries(this.all.map(({ name }) => [name, { choices: [...this.choices(name)], error: asApiError(cause) }]))
    }
  }

  async #choicesOf(variable: Variable, scope: Scope, span: Span, signal: AbortSignal): Promise<readonly Choice[]> {
    const { name, kind } = variable
    if (kind !== 'query') {
      if (!(name in this.#loaded)) this.#loaded = { ...this.#loaded, [name]: { choices: ownChoices(variable) } }
      return this.choices(name)
    }
    const question = questionOf(variable, scope, span)
    if (this.#questions[name] === question) return this.choices(name)
    try {
      this.#loaded = { ...this.#loaded, [name]: { choices: await loadChoices(variable, scope, span, this.#source, signal) } }
      this.#questions[name] = question
    } catch (cause) {
      if (signal.aborted) return []
      this.#loaded = { ...this.#loaded, [name]: { choices: [...this.choices(name)], error: asApiError(cause) } }
    }
    return this.choices(name)
  }
}

/** Put a choice into the address. */
export function choose(name: string, values: readonly string[]): void {
  router.set({ [`var-${name}`]: values })
}
