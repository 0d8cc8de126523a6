import { Resource } from '../lib/resource.svelte'

interface Page<Row, Before> {
  rows: Row[]
  before: Before | null
}

/** A list that comes page by page, newest first: the first anew, or an older one behind what is shown. */
export class Paged<Row, Before extends string | number> {
  rows = $state.raw<Row[]>([])
  #before = $state<Before | null>(null)
  readonly first: Resource<true>
  readonly older: Resource<true>
  readonly hasOlder: boolean = $derived(this.#before !== null)

  /** `load` asks for the page before a cursor, and for the first without one. */
  constructor(load: (signal: AbortSignal, before?: Before) => Promise<Page<Row, Before>>) {
    this.first = new Resource(async (signal) => {
      const { rows, before } = await load(signal)
      ;[this.rows, this.#before] = [rows, before]
      return true as const
    })
    this.older = new Resource(async (signal) => {
      if (this.#before === null) return true as const
      const { rows, before } = await load(signal, this.#before)
      ;[this.rows, this.#before] = [[...this.rows, ...rows], before]
      return true as const
    })
  }
}
