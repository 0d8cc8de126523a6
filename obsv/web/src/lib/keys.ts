/** Shortcuts of the whole cabinet. */

import type { Place } from './routes'

export const SHORTCUTS: readonly { keys: string[]; does: string }[] = [
  { keys: ['g', 'o'], does: 'Go to Overview' },
  { keys: ['g', 'h'], does: 'Go to Hosts' },
  { keys: ['g', 's'], does: 'Go to Settings' },
  { keys: ['/'], does: 'Search hosts' },
  { keys: ['r'], does: 'Refresh now' },
  { keys: ['?'], does: 'Show the shortcuts' },
  { keys: ['Esc'], does: 'Close, or leave a field' },
]

const PLACES: Readonly<Record<string, Place>> = { o: 'overview', h: 'hosts', s: 'settings' }
const CHORD_MS = 1200

export interface Actions {
  go: (place: Place) => void
  search: () => void
  refresh: () => void
  help: () => void
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Listen for shortcuts; the answer stops it. */
export function listen(actions: Actions): () => void {
  let chordUntil = 0

  function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return
    if (isTyping(event.target)) {
      if (event.key === 'Escape' && event.target instanceof HTMLElement) event.target.blur()
      return
    }
    const place = event.timeStamp < chordUntil ? PLACES[event.key] : undefined
    chordUntil = event.key === 'g' ? event.timeStamp + CHORD_MS : 0
    if (place) actions.go(place)
    else if (event.key === '/') actions.search()
    else if (event.key === '?') actions.help()
    else if (event.key === 'r') actions.refresh()
    else return
    event.preventDefault()
  }

  document.addEventListener('keydown', onKey)
  return () => document.removeEventListener('keydown', onKey)
}
