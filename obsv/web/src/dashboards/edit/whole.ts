/** What is done with a whole dashboard from its page or the list. */

import { t } from '../../lib/i18n'
import { router } from '../../lib/router.svelte'
import { dashboardPath, placePath } from '../../lib/routes'
import { signedIn } from '../../lib/session.svelte'
import { toasts } from '../../lib/toasts.svelte'
import { deleteDashboard, duplicateDashboard, undeleteDashboard } from './api'

function say(cause: unknown): void {
  toasts.say(cause instanceof Error ? cause.message : String(cause))
}

/** A copy, which is edited at once. */
export async function duplicate(key: string): Promise<void> {
  try {
    const copy = await duplicateDashboard(key)
    router.go(`${dashboardPath(signedIn.slug, copy.key)}?edit=grid`)
  } catch (cause) {
    say(cause)
  }
}

/** Into the bin, from which it comes back for some time. */
export async function remove(key: string, title: string): Promise<void> {
  try {
    await deleteDashboard(key)
    router.go(placePath(signedIn.slug, 'dashboards'))
    toasts.say(t('{title} is in the bin.', { title }), { label: t('Undo'), does: () => void bringBack(key) })
  } catch (cause) {
    say(cause)
  }
}

/** Out of the bin, and opened. */
export async function bringBack(key: string): Promise<void> {
  try {
    await undeleteDashboard(key)
    router.go(dashboardPath(signedIn.slug, key))
  } catch (cause) {
    say(cause)
  }
}
