/** What is told of an alert that fired. Pure. */

import type { Firing } from './api'

const KEYWORDS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'and', 'or', 'unless', 'bool', 'offset', 'atan2', 'inf', 'nan'])

/** The first metric that an expression reads; empty if none has a name there. */
export function metricOf(expr: string): string {
  const bare = expr
    .replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`/g, '')
    .replace(/\{[^}]*\}|\[[^\]]*\]|#[^\n]*/g, ' ')
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/gi, ' ')
  const names = [...bare.matchAll(/[a-zA-Z_:][a-zA-Z0-9_:]*(?!\w|\s*\()/g)].map(([name]) => name)
  return names.find((name) => !KEYWORDS.has(name.toLowerCase())) ?? ''
}

/** Links that its rule gives, each with its name: addresses of the web, or of this instance. */
export function linksOf({ annotations }: Pick<Firing, 'annotations'>): [string, string][] {
  return Object.entries(annotations).filter(([, text]) => /^https?:\/\/\S+$/i.test(text) || /^\/(?!\/)\S*$/.test(text))
}
