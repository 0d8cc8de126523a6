/** What series are called. Pure. */

import type { Labels } from '../../lib/types'
import { interpolate, type Scope } from '../variables/interpolate'

/** `name{a="b", c="d"}`, as people who know PromQL read it. */
export function seriesText({ __name__ = '', ...labels }: Labels): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((name) => `${name}="${labels[name] ?? ''}"`)
  return pairs.length > 0 ? `${__name__}{${pairs.join(', ')}}` : __name__
}

/** By a legend, a text with `{{label}}`; without one by labels, or by the expression where there are none. */
export function seriesName(legend: string, labels: Labels, expr: string, scope: Scope): string {
  if (!legend || legend === '__auto') return seriesText(labels) || expr
  return interpolate(legend, scope, 'text').replace(/\{\{\s*([^{}\s]+)\s*\}\}/g, (_, label: string) => labels[label] ?? '')
}
