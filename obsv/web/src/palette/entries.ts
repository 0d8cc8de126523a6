/** What the command palette offers, and what of it answers to some words. Pure. */

import type { IconName } from '../lib/icons'

/** A thing to go to or to do. */
export interface Entry {
  /** Stays the same while the list is open. */
  id: string
  label: string
  /** What tells it from others of its name: a folder, a job. */
  hint: string
  kind: 'place' | 'dashboard' | 'host' | 'monitor' | 'settings' | 'action'
  icon: IconName
  /** An address in the cabinet, or what to do. */
  does: string | (() => void)
}

/** More are not looked through by eye. */
const MOST = 50

const EXACT = 0
const BEGINS = 1
const WORD_BEGINS = 2
const CONTAINS = 3
const HINTED = 4

/** How well one word fits; undefined if it does not. */
function rank(entry: Entry, word: string): number | undefined {
  const label = entry.label.toLowerCase()
  if (label === word) return EXACT
  const at = label.indexOf(word)
  if (at === 0) return BEGINS
  if (at > 0) return /[\p{L}\p{N}]/u.test(label[at - 1] ?? '') ? CONTAINS : WORD_BEGINS
  return entry.hint.toLowerCase().includes(word) ? HINTED : undefined
}

/** Entries that have every word of `text`, the nearest first; without words all, as they stand. */
export function found(entries: readonly Entry[], text: string): Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const ranked = entries.flatMap((entry) => {
    const ranks = words.map((word) => rank(entry, word))
    return ranks.includes(undefined) ? [] : [{ entry, total: ranks.reduce<number>((sum, one) => sum + (one ?? 0), 0) }]
  })
  return ranked
    .sort((left, right) => left.total - right.total)
    .slice(0, MOST)
    .map(({ entry }) => entry)
}
