/** The sections of the settings: what they are called, who sees them, and where their code is. */

import type { Component } from 'svelte'
import { words } from '../lib/i18n'
import { placePath } from '../lib/routes'
import type { Org } from '../lib/types'

export interface Rights {
  isOwner: boolean
  isAdmin: boolean
  mayAdminister: boolean
  isSupport: boolean
  runsInstance: boolean
}

export interface Section {
  name: string
  label: string
  group: 'You' | 'Organisation' | 'Instance'
  isFor: (rights: Rights) => boolean
  load: () => Promise<{ default: Component }>
}

/** What somebody may in an organisation. Support sees what its role sees, and changes nothing of who gets in. */
export function rightsIn(org: Org | undefined, runsInstance = false): Rights {
  const isSupport = org?.support_until_ms != null
  const isOwner = org?.role === 'owner'
  const isAdmin = isOwner || org?.role === 'admin'
  return { isOwner: isOwner && !isSupport, isAdmin, mayAdminister: isAdmin && !isSupport, isSupport, runsInstance }
}

export function settingsPath(org: string, section: string): string {
  return `${placePath(org, 'settings')}/${section}`
}

const anybody = (): boolean => true
const member = (rights: Rights): boolean => !rights.isSupport
const administrator = (rights: Rights): boolean => rights.mayAdminister
const auditor = (rights: Rights): boolean => rights.isAdmin
const operator = (rights: Rights): boolean => rights.runsInstance

export const SECTIONS: readonly Section[] = [
  { name: 'profile', label: words('Profile'), group: 'You', isFor: anybody, load: () => import('./Profile.svelte') },
  { name: 'security', label: words('Security'), group: 'You', isFor: anybody, load: () => import('./Security.svelte') },
  { name: 'devices', label: words('Devices'), group: 'You', isFor: anybody, load: () => import('./Devices.svelte') },
  { name: 'my-tokens', label: words('Personal tokens'), group: 'You', isFor: member, load: () => import('./PersonalTokens.svelte') },
  { name: 'general', label: words('General'), group: 'Organisation', isFor: anybody, load: () => import('./General.svelte') },
  { name: 'members', label: words('Members'), group: 'Organisation', isFor: administrator, load: () => import('./Members.svelte') },
  { name: 'teams', label: words('Teams'), group: 'Organisation', isFor: administrator, load: () => import('./Teams.svelte') },
  { name: 'tokens', label: words('API tokens'), group: 'Organisation', isFor: administrator, load: () => import('./Tokens.svelte') },
  { name: 'support', label: words('Support access'), group: 'Organisation', isFor: auditor, load: () => import('./Support.svelte') },
  { name: 'audit', label: words('Audit log'), group: 'Organisation', isFor: auditor, load: () => import('./AuditLog.svelte') },
  { name: 'access', label: words('Access log'), group: 'Organisation', isFor: auditor, load: () => import('./AccessLog.svelte') },
  { name: 'instance', label: words('Overview and jobs'), group: 'Instance', isFor: operator, load: () => import('./Instance.svelte') },
  { name: 'accounts', label: words('Accounts'), group: 'Instance', isFor: operator, load: () => import('./Accounts.svelte') },
  { name: 'organisations', label: words('Organisations'), group: 'Instance', isFor: operator, load: () => import('./Organisations.svelte') },
  { name: 'announcements', label: words('Announcements'), group: 'Instance', isFor: operator, load: () => import('./announcements/Announcements.svelte') },
  { name: 'instance-audit', label: words('Instance audit log'), group: 'Instance', isFor: operator, load: () => import('./InstanceAudit.svelte') },
]

/** What this person sees, by group; groups without any are left out. */
export function visible(rights: Rights): { group: string; sections: Section[] }[] {
  return ([words('You'), words('Organisation'), words('Instance')] as const)
    .map((group) => ({ group, sections: SECTIONS.filter((section) => section.group === group && section.isFor(rights)) }))
    .filter(({ sections }) => sections.length > 0)
}
