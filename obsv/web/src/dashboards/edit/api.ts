/** What the API of dashboards does for whoever edits. */

import { call, type ApiError } from '../../lib/api'
import { PATH, pathOf } from '../api'
import { completeDashboard } from '../complete'
import type { Dashboard } from '../model'
import { pruned } from './pruned'

export interface Saved {
  key: string
  version: number
  updated_at_ms: number
  is_changed: boolean
}

export interface Version {
  version: number
  made_at_ms: number
  made_by: { name: string }
  message: string
}

/** One difference; what is not there is null or missing. */
export interface Change {
  path: string
  before?: unknown
  after?: unknown
  panel: string
}

/** Who saved meanwhile. */
export interface Rival {
  version: number
  name: string
  atMs: number
}

/** Without defaults, as everybody else writes it: otherwise they would be differences. */
const stored = (dashboard: Dashboard): object => pruned('Dashboard', dashboard as never)

export function createDashboard(dashboard: Dashboard): Promise<Saved> {
  return call<Saved>(PATH, { method: 'POST', body: { dashboard: stored(dashboard) } })
}

export function saveDashboard(dashboard: Dashboard, version: number, message: string): Promise<Saved> {
  return call<Saved>(pathOf(dashboard.key), { method: 'PUT', body: { dashboard: stored(dashboard), version, message } })
}

export function duplicateDashboard(key: string): Promise<Saved> {
  return call<Saved>(`${pathOf(key)}/duplicate`, { method: 'POST', body: {} })
}

/** Into the bin. */
export function deleteDashboard(key: string): Promise<void> {
  return call(pathOf(key), { method: 'DELETE' })
}

/** Out of the bin. */
export function undeleteDashboard(key: string): Promise<Saved> {
  return call<Saved>(`${pathOf(key)}/undelete`, { method: 'POST' })
}

export async function listVersions(key: string, signal: AbortSignal): Promise<Version[]> {
  return (await call<{ versions: Version[] }>(`${pathOf(key)}/versions`, { signal })).versions
}

export async function readVersion(key: string, version: number): Promise<Dashboard> {
  const { dashboard } = await call<{ dashboard: unknown }>(`${pathOf(key)}/versions/${version}`)
  return completeDashboard(dashboard)
}

export function restoreVersion(key: string, version: number): Promise<Saved> {
  return call<Saved>(`${pathOf(key)}/versions/${version}/restore`, { method: 'POST' })
}

export async function compareVersions(key: string, from: number, to: number, signal: AbortSignal): Promise<Change[]> {
  return (await call<{ changes: Change[] }>(`${pathOf(key)}/diff`, { query: { from, to }, signal })).changes
}

export async function listFolders(): Promise<string[]> {
  return (await call<{ folders: { path: string }[] }>('/api/obsv/v1/folders')).folders.map(({ path }) => path)
}

/** Who was faster, if that is why saving was refused. */
export function rivalOf({ code, facts }: ApiError): Rival | undefined {
  if (code !== 'version_conflict') return undefined
  const { name } = facts.updated_by as { name: string }
  return { version: facts.current_version as number, name, atMs: facts.updated_at_ms as number }
}
