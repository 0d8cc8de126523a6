import { describe, expect, it } from 'vitest'
import { choicesOf, parseQuery } from './query'

describe('a query of a variable', () => {
  it.each([
    ['label_values(job)', { kind: 'label-values', selector: '', label: 'job' }],
    ['label_values(up{a="b,c"}, instance)', { kind: 'label-values', selector: 'up{a="b,c"}', label: 'instance' }],
    ['label_values(up, "k8s.pod")', { kind: 'label-values', selector: 'up', label: 'k8s.pod' }],
    ['label_names()', { kind: 'label-names', text: '' }],
    ['metrics(node_.*)', { kind: 'metrics', text: 'node_.*' }],
    ['query_result(topk(3, up))', { kind: 'query-result', text: 'topk(3, up)' }],
    [' up{job="x"} ', { kind: 'series', text: 'up{job="x"}' }],
  ])('%s', (text, query) => {
    expect(parseQuery(text)).toEqual(query)
  })

  it('takes what its pattern finds, each once, in its order', () => {
    const values = ['web-10', 'db-1', 'web-2', 'web-2']
    const chosen = (regex: string, sort: Parameters<typeof choicesOf>[1]['sort']) => choicesOf(values, { regex, sort }).map(({ value }) => value)
    expect(chosen('', 'natural-asc')).toEqual(['db-1', 'web-2', 'web-10'])
    expect(chosen('', 'desc')).toEqual(['web-2', 'web-10', 'db-1'])
    expect(chosen('', 'number-desc')).toEqual(['web-10', 'web-2', 'db-1'])
    expect(chosen('', '')).toEqual(['web-10', 'db-1', 'web-2'])
    expect(chosen('web-.*', 'asc')).toEqual(['web-10', 'web-2'])
    expect(chosen('web', 'asc')).toEqual([])
    expect(chosen('/WEB-(.*)/i', 'number-asc')).toEqual(['2', '10'])
    expect(choicesOf(['a=1'], { regex: '/(?<text>.*)=(?<value>.*)/', sort: '' })).toEqual([{ value: '1', text: 'a' }])
  })
})
