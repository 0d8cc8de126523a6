/** What is done to monitors from several places, each with its way back. */

import { attempt } from '../lib/attempt'
import { t } from '../lib/i18n'
import { toasts } from '../lib/toasts.svelte'
import { pauseMonitor, testMonitor } from './api'
import { resultLine } from './words'

interface Named {
  id: string
  name: string
}

export async function pause({ id, name }: Named, isPaused: boolean): Promise<void> {
  if (!(await attempt(() => pauseMonitor(id, isPaused)))) return
  const said = isPaused ? t('{name} is paused: it is not checked.', { name }) : t('{name} is checked again.', { name })
  toasts.say(said, { label: t('Undo'), does: () => void attempt(() => pauseMonitor(id, !isPaused)) })
}

/** Told in a message; nothing of it is kept. */
export async function checkNow({ id, name }: Named): Promise<void> {
  await attempt(async () => toasts.say(`${name}: ${resultLine(await testMonitor(id))}`))
}
