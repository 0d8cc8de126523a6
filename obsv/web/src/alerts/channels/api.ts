/** What the API of channels and deliveries answers, as far as the cabinet reads it. */

import { call } from '../../lib/api'
import type { Schema } from './form'

/** A channel as it shall be; a secret that is left out of the settings stays as it is. */
export interface ChannelWish {
  name: string
  kind: string
  settings: Record<string, unknown>
  subject_template: string
  text_template: string
  sends_resolved: boolean
  is_enabled: boolean
}

export interface Channel extends ChannelWish {
  id: string
  /** Names of the secrets that are set. */
  secrets: string[]
  /** The one that every organisation has. */
  is_default: boolean
  /** It stands in a file of `obsv apply`. */
  is_applied: boolean
  queued: number
  dead: number
  /** Why it cannot be used; empty if it can. */
  problem: string
}

export interface Kind {
  name: string
  title: string
  schema: Schema
}

/** What became of a trial message. */
export interface Trial {
  is_sent: boolean
  detail: string
  reference: string
  took_ms: number
}

export type DeliveryState = 'queued' | 'leased' | 'sent' | 'dead' | 'skipped'

export interface Delivery {
  id: string
  channel_id: string
  channel: string
  status: string
  group_key: string
  alerts: number
  state: DeliveryState
  attempts: number
  due_at_ms: number
  created_at_ms: number
  ended_at_ms: number | null
  detail: string
  can_retry: boolean
}

export interface DeliveryList {
  deliveries: Delivery[]
  next: string | null
}

export interface DeliveryDetail {
  delivery: Delivery
  attempts: { at_ms: number; took_ms: number; outcome: string; detail: string; reference: string }[]
  /** Mails that it became, by their state. */
  mails: Record<string, number>
}

const API = '/api/obsv/v1'
const CHANNELS = `${API}/channels`
const DELIVERIES = `${API}/deliveries`

function one(id: string): string {
  return `${CHANNELS}/${encodeURIComponent(id)}`
}

export async function listChannels(signal: AbortSignal): Promise<Channel[]> {
  return (await call<{ channels: Channel[] }>(CHANNELS, { signal })).channels
}

export async function listKinds(signal: AbortSignal): Promise<Kind[]> {
  return (await call<{ kinds: Kind[] }>(`${API}/channel-kinds`, { signal })).kinds
}

export function createChannel(wish: ChannelWish): Promise<Channel> {
  return call<Channel>(CHANNELS, { method: 'POST', body: wish })
}

export function putChannel(id: string, wish: ChannelWish): Promise<Channel> {
  return call<Channel>(one(id), { method: 'PUT', body: wish })
}

export function deleteChannel(id: string): Promise<void> {
  return call(one(id), { method: 'DELETE' })
}

export function testChannel(id: string): Promise<Trial> {
  return call<Trial>(`${one(id)}/test`, { method: 'POST' })
}

/** What was told of an alert between two times. */
export function deliveriesOf(fingerprint: string, since_ms: number, until_ms: number, signal: AbortSignal): Promise<DeliveryList> {
  return listDeliveries({ fingerprint, since_ms: Math.round(since_ms), until_ms: Math.round(until_ms), limit: 50 }, signal)
}

/** Newest first; an empty condition lets everything through. */
export function listDeliveries(conditions: Readonly<Record<string, string | number>>, signal: AbortSignal): Promise<DeliveryList> {
  const query = Object.fromEntries(Object.entries(conditions).filter(([, value]) => value !== ''))
  return call<DeliveryList>(DELIVERIES, { query, signal })
}

export function getDelivery(id: string, signal: AbortSignal): Promise<DeliveryDetail> {
  return call<DeliveryDetail>(`${DELIVERIES}/${encodeURIComponent(id)}`, { signal })
}

export function retryDelivery(id: string): Promise<DeliveryDetail> {
  return call<DeliveryDetail>(`${DELIVERIES}/${encodeURIComponent(id)}/retry`, { method: 'POST' })
}

/** The receivers of the routing that name each channel, by its name. */
export async function listUses(signal: AbortSignal): Promise<Map<string, string[]>> {
  const { document } = await call<{ document: { receivers?: { name: string; channels?: string[] }[] } }>(`${API}/routing`, { signal })
  const uses = new Map<string, string[]>()
  for (const { name, channels = [] } of document.receivers ?? []) {
    for (const channel of channels) uses.set(channel, [...(uses.get(channel) ?? []), name])
  }
  return uses
}

/** The same channel again, with what is to be different; its secrets stay. */
export function wishOf(channel: Channel, changes: Partial<ChannelWish> = {}): ChannelWish {
  const { name, kind, settings, subject_template, text_template, sends_resolved, is_enabled } = channel
  return { name, kind, settings, subject_template, text_template, sends_resolved, is_enabled, ...changes }
}
