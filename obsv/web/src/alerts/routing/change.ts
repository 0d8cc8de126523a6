/** What is done to the routing, each with its way back. */

import { attempt } from '../../lib/attempt'
import { t } from '../../lib/i18n'
import { live } from '../../lib/live.svelte'
import { toasts } from '../../lib/toasts.svelte'
import { putRouting, type Routing, type RoutingDocument } from './api'

function offerBack(before: Routing, saved: Routing, said: string): void {
  toasts.say(said, { label: t('Undo'), does: () => void attempt(() => putRouting({ document: before.document }, saved.version)) })
}

/** Save what was made of `before`. What another person saved meanwhile is a conflict, which is raised as any refusal is. */
export async function saveRouting(before: Routing, wish: { document: RoutingDocument } | { yaml: string }): Promise<void> {
  const saved = await putRouting(wish, before.version)
  live.now()
  offerBack(before, saved, t('The routing is saved.'))
}

/** The same from a button, which tells what goes wrong. */
export async function changeRouting(before: Routing, document: RoutingDocument, said: string): Promise<void> {
  let saved: Routing | undefined
  await attempt(async () => {
    saved = await putRouting({ document }, before.version)
  })
  if (saved) offerBack(before, saved, said)
}
