import { describe, expect, it } from 'vitest'
import type { Alert } from './api'
import { byUrgency, marksOf, matcherOf, queryOf, says, severityOf, titleOf } from './words'

function alert(labels: Record<string, string>, annotations: Record<string, string> = {}): Alert {
  const nobody = { id: '', name: '' }
  return { fingerprint: 'f', labels, annotations, state: 'active', starts_at_ms: 1, generator_url: '', receivers: [], acknowledged_at_ms: 0, acknowledged_by: nobody }
}

describe('an alert', () => {
  it('is told by its summary, its name, or its labels', () => {
    expect(titleOf(alert({ alertname: 'A' }, { summary: 'It is slow' }))).toBe('It is slow')
    expect(titleOf(alert({ alertname: 'A' }))).toBe('A')
    expect(titleOf(alert({ host: 'db', job: 'x' }))).toBe('db x')
  })
  it('has marks beside its name and severity', () => {
    expect(marksOf(alert({ alertname: 'A', severity: 'page', host: 'db' }))).toEqual([['host', 'db']])
  })
  it('is found by words of labels and annotations', () => {
    expect(says(alert({ host: 'DB-1' }, { summary: 'slow disk' }), 'db slow')).toBe(true)
    expect(says(alert({ host: 'DB-1' }), 'web')).toBe(false)
  })
  it('is as bad as its severity says', () => {
    expect([alert({ severity: 'page' }), alert({}), alert({ severity: 'info' })].map(severityOf)).toEqual(['bad', 'warn', 'info'])
  })
  it('comes first where it waits for somebody, is worse, or is newer', () => {
    const silenced: Alert = { ...alert({ severity: 'page', n: '4' }), state: 'silenced' }
    const all = [silenced, alert({ n: '2' }), alert({ severity: 'info', n: '3' }), { ...alert({ n: '1' }), starts_at_ms: 2 }, alert({ severity: 'critical', n: '0' })]
    expect(all.sort(byUrgency).map(({ labels }) => labels.n)).toEqual(['0', '1', '2', '3', '4'])
  })
  it('leads to addresses of the web alone', () => {
    const from = (generator_url: string): string => queryOf({ ...alert({}), generator_url })
    const good = ['https://prometheus.example.org/graph?g0.expr=up', 'http://localhost:8450/app/acme/explore', '/app/acme/explore?q=up']
    expect(good.map(from)).toEqual(good)
    expect(['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', '//evil.example', 'graph', ''].map(from)).toEqual(['', '', '', '', '', ''])
  })
  it('has matchers that read back', () => {
    expect(matcherOf('path', 'C:\\a "b"')).toBe('path="C:\\\\a \\"b\\""')
  })
})
