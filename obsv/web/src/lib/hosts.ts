/** Order and search of the host list. Pure. */

import type { Host } from './types'

export type SortKey = 'name' | 'state' | 'cpu' | 'memory' | 'disk' | 'network' | 'uptime'

export interface Sort {
  key: SortKey
  isDescending: boolean
}

const VALUES: Record<SortKey, (host: Host) => string | number | null> = {
  name: (host) => host.name,
  state: (host) => host.state,
  cpu: (host) => host.cpu_ratio,
  memory: (host) => host.memory_ratio,
  disk: (host) => host.disk_ratio,
  network: traffic,
  uptime: (host) => host.uptime_s,
}

export function traffic(host: Host): number | null {
  if (host.receive_bytes_per_s === null && host.transmit_bytes_per_s === null) return null
  return (host.receive_bytes_per_s ?? 0) + (host.transmit_bytes_per_s ?? 0)
}

const FULL_RATIO = 0.9

/** So little is left of a disk or of memory that a person should look. */
export function isFull(ratio: number | null | undefined): boolean {
  return (ratio ?? 0) > FULL_RATIO
}

export function isSortKey(value: string): value is SortKey {
  return Object.hasOwn(VALUES, value)
}

/** `name` or `-cpu`, as the address has it. */
export function parseSort(value: string | null): Sort {
  const key = value?.replace(/^-/, '') ?? ''
  return isSortKey(key) ? { key, isDescending: value?.startsWith('-') ?? false } : { key: 'name', isDescending: false }
}

/** What the header of a column asks for: first its natural order, then the other one. */
export function toggledSort(current: Sort, key: SortKey): string {
  const isText = key === 'name' || key === 'state'
  const isDescending = current.key === key ? !current.isDescending : !isText
  return (isDescending ? '-' : '') + key
}

/** Sorted; hosts without a value come last in both directions. */
export function sorted(hosts: readonly Host[], { key, isDescending }: Sort): Host[] {
  const value = VALUES[key]
  const sign = isDescending ? -1 : 1
  return [...hosts].sort((left, right) => {
    const [a, b] = [value(left), value(right)]
    if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0)
    const order = typeof a === 'string' ? a.localeCompare(String(b), 'en', { numeric: true }) : a - Number(b)
    return sign * order || left.name.localeCompare(right.name, 'en', { numeric: true })
  })
}

/** Hosts that have every word of the search in their name, instance, job or state. */
export function matching(hosts: readonly Host[], search: string): Host[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return hosts.filter((host) => {
    const text = `${host.name} ${host.instance} ${host.job} ${host.state}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

/** The host with the highest value; undefined if none has one. */
export function highest(hosts: readonly Host[], value: (host: Host) => number | null): Host | undefined {
  let best: Host | undefined
  for (const host of hosts) {
    const own = value(host)
    if (own !== null && (best === undefined || own > (value(best) ?? -Infinity))) best = host
  }
  return best
}
