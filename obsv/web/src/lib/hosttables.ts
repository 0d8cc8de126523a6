/** What a host has of filesystems, interfaces and services now. Pure. */

import { PSEUDO_FILESYSTEMS } from './charts/hostpanels'
import { selector } from './promql'
import type { Labels, VectorSample } from './types'

export interface Filesystem {
  mountpoint: string
  device: string
  fstype: string
  sizeBytes: number
  availableBytes: number
  /** Of what a user can have, 0 to 1. */
  usedRatio: number
}

export interface Interface {
  device: string
  isUp: boolean
  receiveBytesPerS: number | undefined
  transmitBytesPerS: number | undefined
}

/** Systemd's units by state. */
export interface Units {
  active: number
  failed: string[]
}

export interface HostTables {
  filesystems: Filesystem[]
  interfaces: Interface[]
  /** Absent where the host does not tell of them. */
  units: Units | undefined
}

const QUERIES = ['sizes', 'available', 'up', 'received', 'sent', 'failed', 'active'] as const
type Queries<T> = Record<(typeof QUERIES)[number], T>

export function hostTableQueries(host: Labels): Queries<string> {
  const s = (...matchers: string[]): string => selector(host, ...matchers)
  const real = s(`fstype!~"${PSEUDO_FILESYSTEMS}"`)
  const outward = s('device!="lo"')
  return {
    sizes: `node_filesystem_size_bytes${real}`,
    available: `node_filesystem_avail_bytes${real}`,
    up: `node_network_up${outward}`,
    received: `rate(node_network_receive_bytes_total${outward}[2m])`,
    sent: `rate(node_network_transmit_bytes_total${outward}[2m])`,
    failed: `node_systemd_unit_state${s('state="failed"')} == 1`,
    active: `count(node_systemd_unit_state${s('state="active"')} == 1)`,
  }
}

/** Ask all at once. */
export async function loadHostTables(host: Labels, ask: (expr: string) => Promise<VectorSample[]>): Promise<HostTables> {
  const queries = hostTableQueries(host)
  const answers = await Promise.all(QUERIES.map(async (name) => [name, await ask(queries[name])] as const))
  return hostTables(Object.fromEntries(answers) as Queries<VectorSample[]>)
}

function valuesBy(samples: readonly VectorSample[], label: string): Map<string, number> {
  return new Map(samples.map(({ metric, value }) => [metric[label] ?? '', Number(value[1])]))
}

function byName<T>(rows: T[], name: (row: T) => string): T[] {
  return rows.sort((a, b) => name(a).localeCompare(name(b), 'en', { numeric: true }))
}

/** The answers as rows. */
export function hostTables(answers: Queries<readonly VectorSample[]>): HostTables {
  const available = valuesBy(answers.available, 'mountpoint')
  const [received, sent] = [valuesBy(answers.received, 'device'), valuesBy(answers.sent, 'device')]
  const filesystems = answers.sizes.flatMap(({ metric: { mountpoint = '', device = '', fstype = '' }, value }) => {
    const [sizeBytes, availableBytes] = [Number(value[1]), available.get(mountpoint)]
    if (availableBytes === undefined || !(sizeBytes > 0)) return []
    return [{ mountpoint, device, fstype, sizeBytes, availableBytes, usedRatio: 1 - availableBytes / sizeBytes }]
  })
  const interfaces = answers.up.map(({ metric: { device = '' }, value }) => ({
    device,
    isUp: value[1] === '1',
    receiveBytesPerS: received.get(device),
    transmitBytesPerS: sent.get(device),
  }))
  const active = answers.active[0]
  const failed = answers.failed.map(({ metric }) => metric.name ?? '').sort()
  return {
    filesystems: byName(filesystems, (row) => row.mountpoint),
    interfaces: byName(interfaces, (row) => row.device),
    units: active || failed.length > 0 ? { active: Number(active?.value[1] ?? 0), failed } : undefined,
  }
}
