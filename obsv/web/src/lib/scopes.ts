/** The rights of an API token that mean something now, in words. */

export const SCOPES: readonly { name: string; does: string }[] = [
  { name: 'metrics:write', does: 'Send metrics' },
  { name: 'metrics:read', does: 'Read metrics' },
  { name: 'admin:org', does: 'Manage the organisation and its tokens' },
]

/** How long a token may live. One that only sends metrics may live for ever, others at most a year. */
export const LIVES: readonly { days: number; label: string }[] = [
  { days: 30, label: '30 days' },
  { days: 90, label: '90 days' },
  { days: 365, label: '1 year' },
]

export function mayLiveForEver(scopes: readonly string[]): boolean {
  return scopes.length === 1 && scopes[0] === 'metrics:write'
}
