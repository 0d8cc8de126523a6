import { describe, expect, it } from 'vitest'
import type { Alert } from './api'
import { marksOf, matcherOf, says, severityOf, titleOf } from './words'

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
  it('has matchers that read back', () => {
    expect(matcherOf('path', 'C:\\a "b"')).toBe('path="C:\\\\a \\"b\\""')
  })
})
