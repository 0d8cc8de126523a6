import { describe, expect, it } from 'vitest'
import { alertsPath, hostPath, monitorsPath, parsePath, placePath, statusPath } from './routes'

describe('addresses', () => {
  it.each([
    ['/app', { page: 'start' }],
    ['/elsewhere/acme', { page: 'start' }],
    ['/app/acme/', { page: 'overview', org: 'acme' }],
    ['/app/acme/hosts', { page: 'hosts', org: 'acme' }],
    ['/app/acme/hosts/db%2F1', { page: 'host', org: 'acme', instance: 'db/1' }],
    ['/app/acme/hosts/%E0%A4%A', { page: 'host', org: 'acme', instance: '%E0%A4%A' }],
    ['/app/acme/settings', { page: 'settings', org: 'acme', section: '' }],
    ['/app/acme/settings/audit', { page: 'settings', org: 'acme', section: 'audit' }],
    ['/app/acme/dashboards/import', { page: 'import', org: 'acme' }],
    ['/app/acme/send', { page: 'send', org: 'acme' }],
    ['/app/acme/dashboards', { page: 'dashboards', org: 'acme' }],
    ['/app/acme/explore/', { page: 'explore', org: 'acme' }],
    ['/app/acme/alerts', { page: 'alerts', org: 'acme', section: '', name: '' }],
    ['/app/acme/alerts/silences/new', { page: 'alerts', org: 'acme', section: 'silences', name: 'new' }],
    ['/app/acme/alerts/silences/a/b', { page: 'unknown', org: 'acme' }],
    ['/app/acme/monitors', { page: 'monitors', org: 'acme', key: '', part: '' }],
    ['/app/acme/monitors/shop/edit', { page: 'monitors', org: 'acme', key: 'shop', part: 'edit' }],
    ['/app/acme/monitors/shop/edit/more', { page: 'unknown', org: 'acme' }],
    ['/app/acme/status', { page: 'status', org: 'acme', section: '', name: '' }],
    ['/app/acme/status/incidents/new', { page: 'status', org: 'acme', section: 'incidents', name: 'new' }],
    ['/app/acme/d/fleet', { page: 'dashboard', org: 'acme', key: 'fleet' }],
    ['/app/acme/d', { page: 'unknown', org: 'acme' }],
    ['/app/acme/nothing', { page: 'unknown', org: 'acme' }],
    ['/app/acme/hosts/a/b', { page: 'unknown', org: 'acme' }],
  ])('%s', (path, route) => {
    expect(parsePath(path)).toEqual(route)
  })

  it('what is made is read again', () => {
    expect(parsePath(alertsPath('acme', 'silences', 'a/b'))).toEqual({ page: 'alerts', org: 'acme', section: 'silences', name: 'a/b' })
    expect(parsePath(monitorsPath('acme', 'shop', 'edit'))).toEqual({ page: 'monitors', org: 'acme', key: 'shop', part: 'edit' })
    expect(parsePath(statusPath('acme', 'pages', 'spg_1'))).toEqual({ page: 'status', org: 'acme', section: 'pages', name: 'spg_1' })
    for (const place of ['overview', 'hosts', 'dashboards', 'explore', 'alerts', 'monitors', 'status', 'settings'] as const) {
      expect(parsePath(placePath('acme', place))).toMatchObject({ page: place, org: 'acme' })
    }
    expect(parsePath(hostPath('acme', { instance: 'ö/ %', job: 'node' }))).toEqual({ page: 'host', org: 'acme', instance: 'ö/ %' })
  })

  it('a job is named only where two report the same instance', () => {
    const all = [
      { instance: 'a', job: 'node' },
      { instance: 'a', job: 'other job' },
    ]
    expect(hostPath('acme', { instance: 'a', job: 'node' }, all.slice(0, 1))).toBe('/app/acme/hosts/a')
    expect(hostPath('acme', { instance: 'a', job: 'other job' }, all)).toBe('/app/acme/hosts/a?job=other%20job')
  })
})
