import { describe, expect, it } from 'vitest'
import { fromFiring, sorted, type Entry } from './entries'

function entry(key: string, fromMs: number, severity: string): Entry {
  return { key, labels: { alertname: key, severity }, annotations: {}, state: '', fromMs, toMs: 0, section: '', query: '' }
}

describe('a list of alerts', () => {
  const all = [entry('b', 2, 'info'), entry('a', 1, 'warning'), entry('c', 3, 'critical'), entry('d', 0, 'critical')]
  const keys = (by: Parameters<typeof sorted>[1]): string => sorted(all, by).map(({ key }) => key).join('')
  it('is sorted as one likes, the newest first among equals', () => {
    expect([keys('newest'), keys('oldest'), keys('name'), keys('severity')]).toEqual(['cbad', 'dabc', 'abcd', 'cdab'])
  })
  it('leads to the time at which an alert fired', () => {
    const firing = { id: 'x', rule_id: '', rule_version: 1, group: '', rule: '', fingerprint: '', active_at_ms: 0, fired_at_ms: 100_000, ended_at_ms: 0, labels: {}, annotations: {}, query: '', value: 0, link: '' }
    expect(fromFiring(firing)).toMatchObject({ query: '?firing=x&from=40000&to=160000', state: 'fires still', toMs: 0 })
    expect(fromFiring({ ...firing, ended_at_ms: 200_000 })).toMatchObject({ query: '?firing=x&from=40000&to=260000', state: '', toMs: 200_000 })
  })
})
