/** What the API of announcements answers, and of what mail a person wants. */

import { call } from '../../lib/api'
import { t, words } from '../../lib/i18n'
import type { Mailing } from '../../status/api'

export type Kind = 'incident' | 'maintenance' | 'security'
export type Audience = 'all' | 'owners' | 'organisation' | 'administrators'

export interface Wish {
  kind: Kind
  subject: string
  text: string
  audience: Audience
  /** The slug of the one whose members get it. */
  organisation: string
}

export interface Announcement extends Wish {
  id: string
  state: 'draft' | 'sending' | 'paused' | 'sent'
  /** How many it went to, or would go to. */
  recipients: number
  created_at_ms: number
  sent_at_ms: number | null
  mailing: Mailing | null
}

export interface Preview {
  subject: string
  html: string
  text: string
  recipients: number
}

export const KINDS: Readonly<Record<Kind, { label: string; help: string }>> = {
  incident: { label: words('Incident'), help: words('People can switch these off.') },
  maintenance: { label: words('Maintenance'), help: words('People can switch these off.') },
  security: { label: words('Security'), help: words('Everybody gets these: nobody can switch them off.') },
}

export const AUDIENCES: Readonly<Record<Audience, string>> = {
  all: words('Everybody'),
  owners: words('Owners of organisations'),
  organisation: words('Members of one organisation'),
  administrators: words('Who runs the instance'),
}

export const STATES: Readonly<Record<Announcement['state'], string>> = { draft: words('Draft'), sending: words('Being sent'), paused: words('Paused'), sent: words('Sent') }

/** Whom it is for, in words. */
export function audienceWords({ audience, organisation }: Wish): string {
  return audience === 'organisation' ? t('members of {organisation}', { organisation }) : t(AUDIENCES[audience])
}

export function wishOf({ kind, subject, text, audience, organisation }: Wish): Wish {
  return { kind, subject: subject.trim(), text: text.trim(), audience, organisation: audience === 'organisation' ? organisation.trim() : '' }
}

const PATH = '/api/obsv/v1/announcements'

export async function listAnnouncements(signal: AbortSignal): Promise<Announcement[]> {
  return (await call<{ announcements: Announcement[] }>(PATH, { signal, isPersonal: true })).announcements
}
export function createAnnouncement(body: Wish): Promise<Announcement> {
  return call(PATH, { method: 'POST', body, isPersonal: true })
}
export function changeAnnouncement(id: string, body: Wish): Promise<Announcement> {
  return call(`${PATH}/${encodeURIComponent(id)}`, { method: 'PUT', body, isPersonal: true })
}
export function deleteAnnouncement(id: string): Promise<void> {
  return call(`${PATH}/${encodeURIComponent(id)}`, { method: 'DELETE', isPersonal: true })
}
export function previewAnnouncement(body: Wish, signal: AbortSignal): Promise<Preview> {
  return call(`${PATH}/preview`, { method: 'POST', body, signal, isPersonal: true })
}
/** Sending and going on need a fresh proof of who one is. */
export function stepAnnouncement(id: string, step: 'send' | 'pause' | 'resume'): Promise<Announcement> {
  return call(`${PATH}/${encodeURIComponent(id)}/${step}`, { method: 'POST', isPersonal: true })
}
