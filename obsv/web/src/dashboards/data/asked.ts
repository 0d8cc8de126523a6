/** The one way panels get answers: shared where they are the same, in turn, and only what is new. */

import { Sharing, Turnstile } from './limit'
import { merged, missing, type Kept } from './merge'
import type { Asker, Source } from './source'
import type { Answer, Ask } from './types'

// As many as a browser has connections for to one server without HTTP/2.
const MOST_AT_ONCE = 6

/** Answers of a page's source; what is asked for at once by several panels is asked once. */
export class Answers {
  #source: Source
  #sharing = new Sharing<Answer>()
  #turnstile = new Turnstile(MOST_AT_ONCE)

  constructor(source: Source) {
    this.#source = source
  }

  get(ask: Ask, asker: Asker, signal: AbortSignal): Promise<Answer> {
    const { expr, at, startS, endS, stepS } = ask
    const key = JSON.stringify([expr, at, startS, endS, stepS])
    return this.#sharing.get(key, (shared) => this.#turnstile.run(() => this.#source.ask(ask, asker, shared), shared), signal)
  }
}

/** What one panel has asked before, by query. */
export class Memory {
  #kept = new Map<string, Kept>()

  /** The whole answer to a question, of which perhaps only the end is fetched. */
  async answer(answers: Answers, ask: Ask, asker: Asker, signal: AbortSignal): Promise<Answer> {
    const name = `${ask.ref} ${ask.at}`
    const kept = this.#kept.get(name)
    const now = Date.now()
    const part = missing(kept, ask, now)
    if (kept && part === null) return kept.answer
    const isWhole = !kept || part === null || part.startS === ask.startS
    const fetched = await answers.get(part ?? ask, asker, signal)
    const answer = isWhole ? fetched : merged(kept, ask, part.startS, fetched)
    this.#kept.set(name, { ask, answer, wholeAtMs: isWhole ? now : kept.wholeAtMs })
    return answer
  }

  /** Ask for everything next time, as someone does who presses "refresh". */
  forget(): void {
    this.#kept.clear()
  }
}
