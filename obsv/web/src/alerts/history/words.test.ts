import { describe, expect, it } from 'vitest'
import { linesOf } from './line'
import { linksOf, metricOf } from './words'

describe('what fired', () => {
  it('has the metric that it reads', () => {
    expect(metricOf('sum by (job) (rate(http_requests_total{code="5xx"}[5m])) > 1')).toBe('http_requests_total')
    expect(metricOf('node_load1 > bool 5')).toBe('node_load1')
    expect(metricOf('1 - avg without (cpu) (a:b) or up')).toBe('a:b')
    expect(metricOf('vector(1)')).toBe('')
    expect(metricOf('{__name__="x"} > 1')).toBe('')
  })
  it('has links of the web and of this instance alone', () => {
    expect(linksOf({ annotations: { runbook_url: 'https://example.org/x', dashboard: '/app/a/d/b', summary: 'a text', evil: 'javascript:x', other: '//evil' } })).toEqual([
      ['runbook_url', 'https://example.org/x'],
      ['dashboard', '/app/a/d/b'],
    ])
  })
  it('is drawn without what is missing', () => {
    expect(linesOf([1, 3, null, 2, null], 40, 10)).toEqual(['M0,10L10,0', 'M30,5h0.01'])
    expect(linesOf([2, 2], 10, 10)).toEqual(['M0,5L10,5'])
    expect(linesOf([null], 10, 10)).toEqual([])
  })
})
