/** Shortcuts of the whole cabinet. */

import type { Place } from './routes'

const PLACES: Readonly<Record<string, Place>> = { o: 'overview', h: 'hosts', d: 'dashboards', e: 'explore', a: 'alerts', m: 'monitors', s: 'status', ',': 'settings' }
const CHORD_MS = 1200

export interface Actions {
  go: (place: Place) => void
  palette: () => void
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

/** To the field that the page has, or else to the one that finds everything. */
function search({ palette }: Actions): void {
  const field = document.querySelector<HTMLInputElement>('input[type=search]')
  if (field) field.focus()
  else palette()
}

/** Listen for shortcuts; the answer stops it. */
export function listen(actions: Actions): () => void {
  let chordUntil = 0

  function onKey(event: KeyboardEvent): void {
    if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !document.querySelector('dialog[open]')) {
      event.preventDefault()
      actions.palette()
    } else if (event.key === 'Escape' && !event.defaultPrevented && isTyping(event.target) && event.target instanceof HTMLElement) event.target.blur()
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
