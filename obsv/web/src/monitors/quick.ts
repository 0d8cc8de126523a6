/** A monitor from nothing but an address. Pure. */

import type { Monitor } from './api'

const KEY_MAX = 80

/** A name as an address can have it. */
export function keyOf(name: string): string {
  const plain = name.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').replaceAll('ß', 'ss').toLowerCase()
  return plain.replace(/[^a-z0-9]+/g, '-').slice(0, KEY_MAX).replace(/^-+|-+$/g, '') || 'monitor'
}

/** By what the cabinet's addresses name a monitor: its key, unless that is an address of its own. */
export function placeOf({ id, key }: { id: string; key: string }): string {
  return key === 'new' ? id : key
}

/** The key, or with a number behind where it is taken; `new` is an address of the cabinet. */
export function freeKey(name: string, taken: ReadonlySet<string>): string {
  const key = keyOf(name)
  for (let number = 1; ; number += 1) {
    const wanted = number === 1 ? key : `${key.slice(0, KEY_MAX - 6)}-${number}`
    if (!taken.has(wanted) && wanted !== 'new' && wanted !== 'test') return wanted
  }
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const wanted = number === 1 ? name : `${name} (${number})`
    if (!taken.has(wanted)) return wanted
  }
}

/** With `https://` where nothing is said; undefined if it is no address. */
export function addressOf(text: string): URL | undefined {
  const trimmed = text.trim()
  if (!trimmed || /\s/.test(trimmed)) return undefined
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`)
    return /^https?:$/.test(url.protocol) && url.hostname ? url : undefined
  } catch {
    return undefined
  }
}

/** Watches the address, called by its host and path, apart from all that are there. */
export function watching(url: URL, all: readonly Pick<Monitor, 'name' | 'key'>[]): Monitor {
  const path = url.pathname === '/' ? '' : url.pathname
  const name = freeName(`${url.host}${path}`.slice(0, 90), new Set(all.map((one) => one.name)))
  return { key: freeKey(name, new Set(all.map((one) => one.key))), name, check: { kind: 'http', url: url.href } }
}
