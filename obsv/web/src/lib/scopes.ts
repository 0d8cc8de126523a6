/** The rights of an API token that mean something now, in words. */

import { words } from './i18n'

interface Scope {
  name: string
  does: string
  /** The least role that carries it; `instance` comes with running the instance. */
  from: 'viewer' | 'editor' | 'admin' | 'instance'
}

export const SCOPES: readonly Scope[] = [
  { name: 'metrics:write', does: words('Send metrics'), from: 'admin' },
  { name: 'metrics:read', does: words('Read metrics'), from: 'viewer' },
  { name: 'members:read', does: words('Read who the members are'), from: 'admin' },
  { name: 'audit:read', does: words('Read the audit log and the access log'), from: 'admin' },
  { name: 'admin:org', does: words('Manage the organisation and its tokens'), from: 'admin' },
  { name: 'admin:instance', does: words('Run the instance'), from: 'instance' },
]

const RANKS = ['viewer', 'editor', 'admin', 'owner']

/** Nobody gives a token a right that they don't have. */
export function mayGive(scope: string, role: string, runsInstance: boolean): boolean {
  const from = SCOPES.find(({ name }) => name === scope)?.from
  if (from === undefined) return false
  return from === 'instance' ? runsInstance : RANKS.indexOf(role) >= RANKS.indexOf(from)
}

/** How long a token may live. One that only sends metrics may live for ever, others at most a year. */
export const LIVES: readonly { days: number; label: string }[] = [
  { days: 30, label: words('in 30 days') },
  { days: 90, label: words('in 90 days') },
  { days: 365, label: words('in a year') },
]

export function mayLiveForEver(scopes: readonly string[]): boolean {
  return scopes.length === 1 && scopes[0] === 'metrics:write'
}
