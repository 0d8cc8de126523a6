/** How channels and deliveries are told. */

import { words } from '../../lib/i18n'
import type { Channel, Delivery, DeliveryState } from './api'

export const STATES: Readonly<Record<DeliveryState, string>> = {
  queued: words('Waiting'),
  leased: words('Being sent'),
  sent: words('Delivered'),
  dead: words('Given up'),
  skipped: words('Left out'),
}

/** What became of an attempt, or of a mail. */
export const OUTCOMES: Readonly<Record<string, string>> = { ...STATES, failed: words('Failed, tried again later') }

/** What a notification says of its alerts. */
export const STATUSES: Readonly<Record<string, string>> = { firing: words('Firing'), resolved: words('Resolved') }

/** The newest delivery of each channel. */
export function newest(deliveries: readonly Delivery[]): Map<string, Delivery> {
  return new Map(deliveries.toReversed().map((one) => [one.channel_id, one]))
}

/** Whether a deleted channel can be made again as it was: nobody can read its secrets, and what waits for it is lost. */
export function canReturn({ secrets, queued, problem }: Channel): boolean {
  return secrets.length === 0 && queued === 0 && problem === ''
}
