/** Addresses of the cabinet, parsed and made. Pure, so that every page's address is tested without a browser. */

export type Place = 'overview' | 'hosts' | 'dashboards' | 'explore' | 'alerts' | 'monitors' | 'status' | 'send' | 'settings'

export type Route =
  | { page: 'start' }
  | { page: 'overview' | 'hosts' | 'dashboards' | 'import' | 'explore' | 'send'; org: string }
  | { page: 'settings'; org: string; section: string }
  | { page: 'alerts' | 'status'; org: string; section: string; name: string }
  | { page: 'monitors'; org: string; key: string; part: string }
  | { page: 'host'; org: string; instance: string }
  | { page: 'dashboard'; org: string; key: string }
  | { page: 'unknown'; org: string }

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The page that a path names. */
export function parsePath(path: string): Route {
  const [root, org = '', page, name, ...rest] = path.replace(/\/+$/, '').split('/').slice(1).map(decoded)
  if (root !== 'app' || !org) return { page: 'start' }
  if ((page === 'alerts' || page === 'status') && rest.length < 2) return { page, org, section: name ?? '', name: rest[0] ?? '' }
  if (page === 'monitors' && rest.length < 2) return { page, org, key: name ?? '', part: rest[0] ?? '' }
  if (rest.length > 0) return { page: 'unknown', org }
  if (page === undefined) return { page: 'overview', org }
  if (page === 'hosts') return name ? { page: 'host', org, instance: name } : { page: 'hosts', org }
  if (page === 'dashboards' && name === 'import') return { page: 'import', org }
  if ((page === 'dashboards' || page === 'explore' || page === 'send') && !name) return { page, org }
  if (page === 'd' && name) return { page: 'dashboard', org, key: name }
  if (page === 'settings') return { page: 'settings', org, section: name ?? '' }
  return { page: 'unknown', org }
}

export function placePath(org: string, place: Place): string {
  return `/app/${encodeURIComponent(org)}${place === 'overview' ? '' : `/${place}`}`
}

/** Where dashboards are brought in. */
export function importPath(org: string): string {
  return `${placePath(org, 'dashboards')}/import`
}

function within(org: string, place: Place, parts: readonly string[]): string {
  return [placePath(org, place), ...parts.filter(Boolean).map(encodeURIComponent)].join('/')
}

/** A part of the alerts' place, and one thing in it. */
export function alertsPath(org: string, ...parts: readonly string[]): string {
  return within(org, 'alerts', parts)
}

/** A monitor by its key, or `new`, and what is done with it. */
export function monitorsPath(org: string, ...parts: readonly string[]): string {
  return within(org, 'monitors', parts)
}

/** A part of the place of status pages, and one thing in it. */
export function statusPath(org: string, ...parts: readonly string[]): string {
  return within(org, 'status', parts)
}

/** A dashboard's page. */
export function dashboardPath(org: string, key: string): string {
  return `/app/${encodeURIComponent(org)}/d/${encodeURIComponent(key)}`
}

interface Identity {
  instance: string
  job: string
}

/** A host's page. The job is named only where two jobs report the same instance. */
export function hostPath(org: string, host: Identity, all: readonly Identity[] = []): string {
  const isAmbiguous = all.some((other) => other.instance === host.instance && other.job !== host.job)
  const suffix = isAmbiguous ? `?job=${encodeURIComponent(host.job)}` : ''
  return `${placePath(org, 'hosts')}/${encodeURIComponent(host.instance)}${suffix}`
}
