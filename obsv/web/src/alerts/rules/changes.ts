/** What is done to rules from several places, each with its way back. */

import { attempt } from '../../lib/attempt'
import { t } from '../../lib/i18n'
import { toasts } from '../../lib/toasts.svelte'
import { createGroup, createRule, deleteGroup, deleteRule, pauseRule, readGroup, saveGroup, switchPreset, type Group, type Preset, type Rule } from './api'
import { nameOf } from './words'

export async function pause(rule: Rule, isPaused: boolean): Promise<void> {
  if (!(await attempt(() => pauseRule(rule.id, isPaused)))) return
  const name = nameOf(rule)
  toasts.say(isPaused ? t('{name} is paused: what fires resolves.', { name }) : t('{name} goes on.', { name }), {
    label: t('Undo'),
    does: () => void attempt(() => pauseRule(rule.id, !isPaused)),
  })
}

/** Undone, it is made anew at the end of its group. */
export async function removeRule(rule: Rule): Promise<boolean> {
  if (!(await attempt(() => deleteRule(rule.id)))) return false
  const does = (): void => void attempt(() => createRule(rule.group_id, { ...rule.rule, id: '' }))
  toasts.say(t('{name} is deleted.', { name: nameOf(rule) }), { label: t('Undo'), does })
  return true
}

export async function removeGroup({ id, group }: Group): Promise<void> {
  if (!(await attempt(() => deleteGroup(id)))) return
  toasts.say(t('{name} is deleted with its rules.', { name: group.name }), { label: t('Undo'), does: () => void attempt(() => createGroup(group)) })
}

/** A ready group that goes can come back with what was changed in it. */
export async function toggle(preset: Preset): Promise<void> {
  const { key, title, is_on, group_id } = preset
  let before: Group | undefined
  const isDone = await attempt(async () => {
    before = is_on ? await readGroup(group_id) : undefined
    await switchPreset(key, !is_on)
  })
  if (!isDone) return
  const does = (): void =>
    void attempt(async () => {
      const back = await switchPreset(key, is_on)
      if (before) await saveGroup(back.group_id, before.group)
    })
  toasts.say(is_on ? t('{title} is off: its rules are gone.', { title }) : t('{title} is on.', { title }), { label: t('Undo'), does })
}
