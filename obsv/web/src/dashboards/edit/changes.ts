/** What buttons and keys do to a dashboard that is edited, where more than one place does it. */

import { t } from '../../lib/i18n'
import { router } from '../../lib/router.svelte'
import { toasts } from '../../lib/toasts.svelte'
import type { Panel } from '../model'
import { keepPanel, keptPanel } from './drafts'
import { withCopy, withNew, withoutPanel, withPasted, type Added, type Kind } from './panels'
import { place } from './push'
import type { EditSession } from './session.svelte'

export function remove(session: EditSession, panel: Panel, title: string): void {
  session.change(withoutPanel(session.dashboard, panel.id))
  const after = session.dashboard
  const does = (): void => (session.dashboard === after ? session.undo() : bringBack(session, panel))
  toasts.say(t('{title} is removed.', { title }), { label: t('Undo'), does })
}

/** Where it was, whatever was changed since. */
function bringBack(session: EditSession, panel: Panel): void {
  const { dashboard } = session
  if (session.panel(panel.id)) return
  session.change({ ...dashboard, panels: place([...dashboard.panels, panel], panel.id, panel.grid) })
}

function take(session: EditSession, { dashboard, id }: Added): number {
  session.change(dashboard)
  return id
}

/** A new panel is edited at once; a row is only named. */
export function add(session: EditSession, kind: Kind): void {
  const id = take(session, withNew(session.dashboard, kind, kind === 'row' ? t('New row') : t('New panel')))
  router.set({ edit: String(id) })
}

export function duplicate(session: EditSession, panel: Panel): number {
  return take(session, withCopy(session.dashboard, panel.id))
}

export function copy(panel: Panel, title: string): void {
  keepPanel(panel)
  toasts.say(t('{title} is copied: paste it in any dashboard with Add panel.', { title }))
}

export function canPaste(): boolean {
  return keptPanel() !== undefined
}

export function paste(session: EditSession): void {
  const kept = keptPanel()
  if (kept !== undefined) take(session, withPasted(session.dashboard, kept))
}
