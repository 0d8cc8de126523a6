/** Monitors that are being deleted: it is done when it can no more be undone, so that undoing brings the history back too. */

import { SvelteMap } from 'svelte/reactivity'
import { attempt } from '../lib/attempt'
import { t } from '../lib/i18n'
import { toasts } from '../lib/toasts.svelte'
import { deleteMonitor } from './api'

/** As long as the message stands. */
const UNDO_MS = 10_000
const leaving = new SvelteMap<string, ReturnType<typeof setTimeout>>()

export function isLeaving(id: string): boolean {
  return leaving.has(id)
}

async function finish(id: string): Promise<void> {
  await attempt(() => deleteMonitor(id))
  leaving.delete(id)
}

export function leave({ id, name }: { id: string; name: string }): void {
  leaving.set(id, setTimeout(() => void finish(id), UNDO_MS))
  const does = (): void => {
    clearTimeout(leaving.get(id))
    leaving.delete(id)
  }
  toasts.say(t('{name} is deleted.', { name }), { label: t('Undo'), does })
}

// Whoever closes the page does not want it back.
addEventListener('pagehide', () => {
  for (const [id, timer] of leaving) {
    clearTimeout(timer)
    void deleteMonitor(id, true).catch(() => undefined)
  }
})
