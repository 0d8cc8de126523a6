/** What the API answers, as far as the cabinet reads it. */

import type { Chosen } from './preferences.svelte'

export interface Org {
  slug: string
  name: string
  role: string
  /** The organisation is not the person's: it let them in as support, until then. */
  support_until_ms: number | null
}

export interface Session {
  user: { id: string; name: string; email: string }
  orgs: Org[]
  csrf: string
  version: string
  base_url: string
  instance_admin: boolean
  preferences: Chosen
}

export type Sparks = (number | null)[]

export interface Host {
  instance: string
  job: string
  name: string
  state: 'up' | 'stale'
  last_seen_ms: number
  cpu_ratio: number | null
  memory_ratio: number | null
  disk_ratio: number | null
  receive_bytes_per_s: number | null
  transmit_bytes_per_s: number | null
  uptime_s: number | null
  load1: number | null
  agent_version: string
  spark: { cpu: Sparks; network: Sparks }
}

export interface HostList {
  hosts: Host[]
  now_ms: number
}

export interface Token {
  id: string
  kind: 'org' | 'ing' | 'pat'
  name: string
  scopes: string[]
  allowed_networks: string[]
  created_at_ms: number
  expires_at_ms: number | null
  last_used_on: string | null
  last_used_network: string
  owner_name: string
}

export interface CreatedToken {
  id: string
  name: string
  token: string
}

export type Labels = Readonly<Record<string, string>>

/** One series of a Prometheus matrix: times in seconds, values as text. */
export interface MatrixSeries {
  metric: Labels
  values: [number, string][]
}

/** One series of a Prometheus vector. */
export interface VectorSample {
  metric: Labels
  value: [number, string]
}
