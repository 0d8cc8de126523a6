/** Variables of a source that finds out itself what they offer and stand for, as the server does for shared links. */

import type { Span } from '../../lib/time'
import type { Source, ToldVariable } from '../data/source'
import type { Variable } from '../model'
import type { Chosen } from './interpolate'

function standing({ choices, values, is_all: isAll }: ToldVariable, isSeveral: boolean): Chosen {
  const texts = new Map(choices.map(({ value, text }) => [value, text || value]))
  return { values, texts: values.map((value) => texts.get(value) ?? value), isAll, isSeveral }
}

/** Asks for all at once: again when another choice is made, or where the time matters. */
export class Told {
  answers: readonly ToldVariable[] = []
  #all: readonly Variable[]
  #question = ''

  constructor(all: readonly Variable[]) {
    this.#all = all
  }

  /** What each stands for, by the choices of an address. Throws what the source does. */
  async ask(ask: NonNullable<Source['variables']>, span: Span, query: URLSearchParams, signal: AbortSignal): Promise<[string, Chosen][]> {
    const chosen = Object.fromEntries(this.#all.filter(({ name, hide }) => hide !== 'variable' && query.has(`var-${name}`)).map(({ name }) => [name, query.getAll(`var-${name}`)]))
    const question = JSON.stringify([chosen, this.#all.some(({ refresh }) => refresh === 'time') && span])
    if (question !== this.#question) this.answers = await ask(span, chosen, signal)
    this.#question = question
    return this.answers.map((told) => [told.name, standing(told, this.#all.some(({ name, multi }) => name === told.name && multi))])
  }
}
