/** Pieces of PromQL. Pure. */

import type { Labels } from './types'

/** A string of PromQL. */
export function quoted(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

/** `{a="x",b!~"y"}`: equality for the labels given, then the matchers as they are. */
export function selector(labels: Labels, ...matchers: string[]): string {
  const equal = Object.entries(labels).map(([name, value]) => `${name}=${quoted(value)}`)
  return `{${[...equal, ...matchers].join(',')}}`
}
