import { describe, expect, it } from 'vitest'
import { ApiError } from '../../lib/api'
import type { Check, Monitor } from '../api'
import { draftOf, freshDraft, monitorOf, nameFor } from './draft'
import { problemsOf, toldBy } from './problems'

const HTTP: Check = {
  kind: 'http',
  url: 'https://shop.example.com/health',
  method: 'POST',
  headers: { Accept: 'application/json' },
  secret_headers: { 'X-Key': null },
  user: 'obsv',
  password: null,
  body: '{}',
  statuses: ['200', '401-403'],
  contains: 'ok',
  lacks: 'error',
  json: [{ path: '$.a', op: '<', value: '3' }, { path: '$.b', op: 'exists', value: '' }],
  max_redirects: 0,
  max_bytes: 2048,
  verify_tls: false,
  ca: '-----BEGIN',
  certificate_days: 14,
}
const RHYTHM = { interval_s: 300, timeout_s: 20, failures: 3, retry_s: 30 }
const REST = { key: 'one', name: 'One', description: 'Why', tags: ['web', 'two words'], is_paused: true }

describe('the form of a monitor', () => {
  it.each<Monitor>([
    { ...REST, ...RHYTHM, check: HTTP },
    { ...REST, ...RHYTHM, check: { kind: 'tcp', host: 'db', port: 5432, tls: true, verify_tls: false, ca: '', certificate_days: 7 } },
    { ...REST, ...RHYTHM, check: { kind: 'ping', host: '::1' } },
    { ...REST, ...RHYTHM, check: { kind: 'dns', hostname: 'example.com', record: 'MX', answers: ['10 a.', '20 b.'], exactly: true, server: '9.9.9.9', port: 5353 } },
    { ...REST, check: { kind: 'heartbeat', period_s: 5400, grace_s: 90 } },
    { ...REST, check: { kind: 'heartbeat', cron: '30 4 * * *', time_zone: 'Europe/Berlin', grace_s: 3600 } },
  ])('gives back what it was given: $check.kind', (monitor) => {
    expect(monitorOf(draftOf(monitor))).toEqual(monitor)
    expect(problemsOf(draftOf(monitor))).toEqual({})
  })

  it('secrets that are typed anew replace those that are kept, and without a user there is no password', () => {
    const draft = draftOf({ ...REST, check: HTTP })
    const typed = monitorOf({ ...draft, password: 'new', secrets: [{ name: 'X-Key', value: 'new', isKept: true }, { name: 'X-Other', value: '', isKept: false }] })
    expect(typed.check).toMatchObject({ password: 'new', secret_headers: { 'X-Key': 'new', 'X-Other': '' } })
    expect(monitorOf({ ...draft, user: ' ', password: 'new' }).check).toMatchObject({ user: '', password: null })
  })

  it('says at each field what is missing or wrong', () => {
    const fresh = (kind: Check['kind']): string[] => Object.keys(problemsOf(freshDraft(kind, 'UTC')))
    expect(fresh('http')).toEqual(['/check/url', '/name', '/key'])
    expect(fresh('tcp')).toEqual(['/check/host', '/check/port', '/name', '/key'])
    expect(fresh('dns')).toEqual(['/check/hostname', '/name', '/key'])
    expect(fresh('heartbeat')).toEqual(['/name', '/key'])
    const wrong = { ...draftOf({ ...REST, check: HTTP }), url: 'shop.example.com', statuses: '2xx', timeout: '60', interval: '30', key: 'No' }
    expect(Object.keys(problemsOf(wrong))).toEqual(['/check/url', '/check/statuses', '/key', '/timeout_s'])
    const beat = { ...freshDraft('heartbeat', 'UTC'), name: 'a', key: 'a', period: 'soon', grace: '1s' }
    expect(Object.keys(problemsOf(beat))).toEqual(['/check/period_s', '/check/grace_s'])
    expect(Object.keys(problemsOf({ ...beat, schedule: 'cron', grace: '1h' }))).toEqual(['/check/cron'])
  })

  it('what the server finds stands at the same fields', () => {
    const invalid = new ApiError(422, 'Invalid', '', 'bad_monitor', '', [{ pointer: '/monitor/check/headers/X', detail: 'is too long' }, { pointer: '/check/json/0/path', detail: 'is no path' }])
    expect(toldBy(invalid)).toEqual({ '/check/headers': 'is too long', '/check/json/0/path': 'is no path' })
    expect(toldBy(new ApiError(409, 'Conflict', 'Taken.', 'name_taken'))).toEqual({ '/name': 'Taken.' })
    expect(toldBy(undefined)).toEqual({})
  })

  it('is called by what it watches', () => {
    const called = (changes: Partial<ReturnType<typeof freshDraft>>): string => nameFor({ ...freshDraft('http', 'UTC'), ...changes })
    expect(called({ url: 'https://a.example/b/?c' })).toBe('a.example/b/?c')
    expect(called({ url: 'https://a.example/' })).toBe('a.example')
    expect(called({ kind: 'tcp', host: 'db', port: '22' })).toBe('db:22')
    expect(called({ kind: 'dns', hostname: 'a.example', record: 'MX' })).toBe('a.example MX')
    expect(called({ kind: 'heartbeat' })).toBe('')
  })
})
