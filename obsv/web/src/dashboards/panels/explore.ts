/** The way from a panel to Explore: what it asks, as it asks it now. */

import { explorePath } from '../../explore/address'
import type { Range, Span } from '../../lib/time'
import type { Plan } from '../data/plan'
import { HIDDEN } from '../data/source'
import type { Panel } from '../model'
import { interpolate } from '../variables/interpolate'

/** Empty where there is no organisation whose metrics could be explored, or nothing is asked. */
export function exploreAddress(org: string, panel: Panel, { asks, scope }: Plan, range: Range, span: Span): string {
  const queries = panel.queries.flatMap(({ ref, legend }) => {
    const ask = asks.find((one) => one.ref === ref)
    return ask && !ask.expr.startsWith(HIDDEN) ? [{ ref, expr: ask.expr, legend: legend === '__auto' ? '' : interpolate(legend, scope, 'text') }] : []
  })
  if (!org || queries.length === 0) return ''
  const path = explorePath(org, queries, range.isMoving ? undefined : span)
  return range.isMoving ? `${path}&${new URLSearchParams({ from: range.from, to: range.to }).toString()}` : path
}
