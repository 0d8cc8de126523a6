/** What was changed and not saved, kept in this browser until it is. */

import type { Dashboard } from '../model'

export interface Draft {
  dashboard: Dashboard
  /** That it was made from. */
  version: number
  atMs: number
}

const nameOf = (org: string, key: string): string => `obsv-draft:${org}/${key}`

/** Browsers may refuse to keep anything; then there are no drafts. */
function tried<T>(does: () => T): T | undefined {
  try {
    return does()
  } catch {
    return undefined
  }
}

export function draftOf(org: string, key: string): Draft | undefined {
  return tried(() => JSON.parse(localStorage.getItem(nameOf(org, key)) ?? 'null') as Draft | null) ?? undefined
}

export function keepDraft(org: string, key: string, draft: Draft): void {
  tried(() => localStorage.setItem(nameOf(org, key), JSON.stringify(draft)))
}

export function dropDraft(org: string, key: string): void {
  tried(() => localStorage.removeItem(nameOf(org, key)))
}

const CLIPBOARD = 'obsv-panel'

/** A panel that was copied, for any dashboard. */
export function keepPanel(panel: unknown): void {
  tried(() => localStorage.setItem(CLIPBOARD, JSON.stringify(panel)))
}

export function keptPanel(): unknown {
  return tried(() => JSON.parse(localStorage.getItem(CLIPBOARD) ?? 'null') as unknown) ?? undefined
}
