/** Shortcuts of the whole cabinet. */

import { openPage } from './page.svelte'
import type { Place } from './routes'

const PLACES: Readonly<Record<string, Place>> = { o: 'overview', h: 'hosts', d: 'dashboards', e: 'explore', s: 'settings' }
const CHORD_MS = 1200

export interface Actions {
  go: (place: Place) => void
<<<<<<< HEAD
  search: () => void
  palette: () => void
=======
>>>>>>> explore
  refresh: () => void
  help: () => void
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Whether a key is free to be a shortcut: nobody types, no dialog is open, and the browser does not mean it. */
export function isFree(event: KeyboardEvent): boolean {
  const isTaken = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey
  return !isTaken && !isTyping(event.target) && !document.querySelector('dialog[open]')
}

/** To the field that the page has, or else to that of the hosts. */
function search({ go }: Actions): void {
  const field = document.querySelector<HTMLInputElement>('input[type=search]')
  if (!field) {
    openPage.isSearchWanted = true
    go('hosts')
  } else field.focus()
}

/** Listen for shortcuts; the answer stops it. */
export function listen(actions: Actions): () => void {
  let chordUntil = 0

  function onKey(event: KeyboardEvent): void {
    if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !document.querySelector('dialog[open]')) {
      event.preventDefault()
<<<<<<< HEAD
      actions.palette()
    } else if (event.key === 'Escape' && isTyping(event.target) && event.target instanceof HTMLElement) event.target.blur()
=======
      search(actions)
    } else if (event.key === 'Escape' && !event.defaultPrevented && isTyping(event.target) && event.target instanceof HTMLElement) event.target.blur()
>>>>>>> explore
    if (!isFree(event)) return
    const place = event.timeStamp < chordUntil ? PLACES[event.key] : undefined
    chordUntil = event.key === 'g' ? event.timeStamp + CHORD_MS : 0
    if (place) actions.go(place)
    else if (event.key === '/') search(actions)
    else if (event.key === '?') actions.help()
    else if (event.key === 'r') actions.refresh()
    else return
    event.preventDefault()
  }

  document.addEventListener('keydown', onKey)
  return () => document.removeEventListener('keydown', onKey)
}
