/** The palette's entries: those known at once, and those that the server lists. */

import { listDashboards } from '../dashboards/api'
import { call } from '../lib/api'
import { t } from '../lib/i18n'
import { live } from '../lib/live.svelte'
import { preferences } from '../lib/preferences.svelte'
import { dashboardPath, hostPath, monitorsPath, placePath, type Place } from '../lib/routes'
import { signedIn } from '../lib/session.svelte'
import { theme } from '../lib/theme.svelte'
import type { HostList, Org, Session } from '../lib/types'
import type { IconName } from '../lib/icons'
import { listMonitors } from '../monitors/api'
import { rightsIn, settingsPath, visible } from '../settings/sections'
import type { Entry } from './entries'

const PLACES = (): readonly (readonly [Place, string, IconName, string])[] => [
  ['overview', t('Overview'), 'overview', 'g o'],
  ['hosts', t('Hosts'), 'hosts', 'g h'],
  ['dashboards', t('Dashboards'), 'dashboards', 'g d'],
  ['explore', t('Explore'), 'explore', 'g e'],
  ['alerts', t('Alerts'), 'alerts', 'g a'],
  ['monitors', t('Monitors'), 'monitors', 'g m'],
  ['status', t('Status'), 'status', 'g s'],
  ['send', t('Send data'), 'send', ''],
  ['settings', t('Settings'), 'settings', 'g ,'],
]

function action(id: string, label: string, icon: IconName, does: () => void, hint = ''): Entry {
  return { id, label, hint, kind: 'action', icon, does }
}

/** Places, sections of the settings and what can be done anywhere. */
export function ownOffers(session: Session, org: Org, help: () => void): Entry[] {
  const places = PLACES().map(([place, label, icon, hint]): Entry => ({ id: place, label, hint, kind: 'place', icon, does: placePath(org.slug, place) }))
  const sections = visible(rightsIn(org, session.instance_admin)).flatMap(({ group, sections: some }) =>
    some.map(({ name, label }): Entry => ({ id: `settings/${name}`, label: t(label), hint: t(group), kind: 'settings', icon: 'settings', does: settingsPath(org.slug, name) })),
  )
  const others = session.orgs
    .filter(({ slug }) => slug !== org.slug)
    .map(({ slug, name }): Entry => ({ id: `org/${slug}`, label: name, hint: t('Organisation'), kind: 'place', icon: 'right', does: placePath(slug, 'overview') }))
  const colours = theme.isDark ? t('Light colours') : t('Dark colours')
  return [
    ...places,
    action('refresh', t('Refresh now'), 'refresh', () => live.now(), 'r'),
    action('colours', colours, theme.isDark ? 'sun' : 'moon', () => void preferences.change({ theme: theme.isDark ? 'light' : 'dark' })),
    action('help', t('Keyboard shortcuts'), 'info', help, '?'),
    ...others,
    ...sections,
    action('leave', t('Sign out'), 'close', () => void signedIn.end()),
  ]
}

/** Dashboards, hosts and monitors of the organisation; what cannot be listed is left out. */
export async function listedOffers(slug: string, signal: AbortSignal): Promise<Entry[]> {
  const [dashboards, hosts, monitors] = await Promise.allSettled([
    listDashboards({ q: '', tag: '', folder: '', isStarred: false }, signal),
    call<HostList>('/api/obsv/v1/hosts', { signal }),
    listMonitors(signal),
  ])
  const boards = dashboards.status === 'fulfilled' ? dashboards.value.dashboards : []
  const known = hosts.status === 'fulfilled' ? hosts.value.hosts : []
  const watched = monitors.status === 'fulfilled' ? monitors.value.monitors : []
  return [
    ...boards.map(({ key, title, folder }): Entry => ({ id: `d/${key}`, label: title, hint: folder, kind: 'dashboard', icon: 'dashboards', does: dashboardPath(slug, key) })),
    ...known.map((host): Entry => ({ id: `h/${host.job}/${host.instance}`, label: host.name, hint: host.job, kind: 'host', icon: 'hosts', does: hostPath(slug, host, known) })),
    ...watched.map(({ key, name, target }): Entry => ({ id: `m/${key}`, label: name, hint: target, kind: 'monitor', icon: 'monitors', does: monitorsPath(slug, key) })),
  ]
}
