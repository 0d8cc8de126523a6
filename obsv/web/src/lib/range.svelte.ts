import { live } from './live.svelte'
import { router } from './router.svelte'
import { DEFAULT_FROM, fixedQuery, parseRange, spanAt, type Range, type RangeQuery, type Span } from './time'

const USUAL = { from: DEFAULT_FROM, to: 'now' }

/** The time that a page shows: its address' own, or what is usual for the page. */
class PageRange {
  usual = $state.raw(USUAL)
  readonly range: Range = $derived(parseRange(router.query, this.usual))
  /** A fixed range does not move with the beat. */
  readonly span: Span = $derived(spanAt(this.range, this.range.isMoving ? live.nowMs : 0))

  show({ from, to }: RangeQuery): void {
    router.set({ from, to })
    live.now()
  }

  /** Part of a chart, of some seconds at least. */
  zoom(span: Span): void {
    this.show(fixedQuery(span))
  }

  reset(): void {
    this.usual = USUAL
  }
}

export const pageRange = new PageRange()
