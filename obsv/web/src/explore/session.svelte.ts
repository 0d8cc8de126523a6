/** The queries that are being written, beside those that the address has, which were run. */

import { live } from '../lib/live.svelte'
import { router } from '../lib/router.svelte'
import { MOST_QUERIES, newQuery, queriesOf, shownOf, shownParts, textsOf, type ExploreQuery, type Shown } from './address'
import { load, noted, save, type Entry } from './history'

export class Exploration {
  queries = $state.raw<readonly ExploreQuery[]>(queriesOf(router.query))
  entries = $state.raw<readonly Entry[]>([])
  readonly ran: readonly ExploreQuery[] = $derived(queriesOf(router.query))
  readonly shown: Shown = $derived(shownOf(router.query))
  readonly isChanged: boolean = $derived(JSON.stringify(textsOf(this.queries)) !== JSON.stringify(textsOf(this.ran)))
  readonly isFull: boolean = $derived(this.queries.length >= MOST_QUERIES)
  #org: string

  constructor(org: string) {
    this.#org = org
    this.entries = load(org)
  }

  /** Begin with what the address has: someone went back, or followed a link. */
  follow(): void {
    if (this.isChanged) this.queries = this.ran
  }

  change(ref: string, change: Partial<ExploreQuery>): void {
    this.queries = this.queries.map((query) => (query.ref === ref ? { ...query, ...change } : query))
    // What a query asks waits until it is run; whether it is shown does not.
    if (change.isHidden !== undefined) this.run()
  }

  add(expr = ''): void {
    this.queries = [...this.queries, newQuery(this.queries, expr)]
  }

  duplicate(ref: string): void {
    this.queries = this.queries.flatMap((query) => (query.ref === ref ? [query, { ...query, ref: newQuery(this.queries).ref }] : [query]))
  }

  /** The last one is emptied. */
  remove(ref: string): void {
    const left = this.queries.filter((query) => query.ref !== ref)
    this.queries = left.length > 0 ? left : [newQuery([])]
    this.run()
  }

  /** Ask, up to now. */
  run(): void {
    if (this.isChanged) router.set({ q: textsOf(this.queries) })
    live.now()
    this.keep(noted(this.entries, this.queries, Date.now()))
  }

  recall({ queries }: Entry): void {
    this.queries = queries
    this.run()
  }

  keep(entries: readonly Entry[]): void {
    this.entries = entries
    save(this.#org, entries)
  }

  show(change: Partial<Shown>): void {
    router.set(shownParts({ ...this.shown, ...change }))
  }
}
