/** Accounts as who runs the instance sees them, and what can be done with one. */

import { t } from '../lib/i18n'

export const USERS = '/api/obsv/v1/instance/users'

export interface Account {
  id: string
  name: string
  email: string
  status: string
  is_instance_admin: boolean
  has_verified_email: boolean
  has_second_factor: boolean
  organisations: number
  created_at_ms: number
  last_seen_at_ms: number | null
  factors_gone_at_ms: number | null
}

export interface Action {
  label: string
  said: string
  method: 'POST' | 'PUT' | 'DELETE'
  path: string
  body?: unknown
}

/** What makes sense for this account now; `isMe`: nobody shuts themself out. */
export function actionsFor(account: Account, isMe: boolean): Action[] {
  const post = (label: string, said: string, path: string): Action => ({ label, said, method: 'POST', path })
  const isOpen = account.status === 'active'
  const found: Action[] = []
  if (isOpen) found.push(post(t('Mail a link for a new password'), t('The mail is on its way.'), 'send-reset'))
  if (account.last_seen_at_ms !== null) found.push(post(t('Sign out everywhere'), t('They are signed out.'), 'end-sessions'))
  if (account.factors_gone_at_ms !== null) {
    found.push({ label: t('Keep the second factors'), said: t('They stay.'), method: 'DELETE', path: 'factors/removal' })
  } else if (account.has_second_factor) {
    found.push(post(t('Remove the second factors in three days'), t('They are told by mail, and can say no.'), 'factors/removal'))
  }
  const body = { is_instance_admin: !account.is_instance_admin }
  const label = account.is_instance_admin ? t('Let them run the instance no longer') : t('Let them run the instance')
  if (!isMe) found.push({ label, said: t('They have to sign in anew.'), method: 'PUT', path: 'instance-admin', body })
  if (!isMe && isOpen) found.push(post(t('Shut the account'), t('The account is shut.'), 'disable'))
  if (!isOpen) found.push(post(t('Open the account again'), t('The account is open again.'), 'enable'))
  return found
}
