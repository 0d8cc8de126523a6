import { describe, expect, it } from 'vitest'
import { builtOf, NOTHING, promqlOf, type Built } from './builder'

const NO_MARKS = new Map<string, string>()
const selector = (name: string, matchers: { name: string; type: string; value: string }[] = []): Record<string, unknown> => ({
  type: 'vectorSelector',
  name,
  matchers: [...matchers, ...(name ? [{ name: '__name__', type: '=', value: name }] : [])],
  offset: 0,
  timestamp: null,
  startOrEnd: null,
})

describe('a query made of parts', () => {
  it('is written step by step', () => {
    const built: Built = {
      metric: 'http_seconds_bucket',
      filters: [{ label: 'job', op: '=~', value: 'a"b' }],
      operations: [
        { kind: 'range', name: 'rate', window: '$__rate_interval' },
        { kind: 'aggregation', name: 'sum', labels: ['le', 'a.b'], isWithout: false },
        { kind: 'quantile', number: '0.9' },
        { kind: 'number', op: '*', number: '1000' },
        { kind: 'number', op: '>', number: '5' },
        { kind: 'top', name: 'topk', number: '3' },
      ],
    }
    expect(promqlOf(built)).toBe('topk(3, (histogram_quantile(0.9, sum by (le, "a.b") (rate(http_seconds_bucket{job=~"a\\"b"}[$__rate_interval]))) * 1000) > 5)')
  })

  it('is nothing without a metric, and quotes names that are not plain', () => {
    expect(promqlOf(NOTHING)).toBe('')
    expect(promqlOf({ ...NOTHING, operations: [{ kind: 'function', name: 'abs' }] })).toBe('')
    expect(promqlOf({ ...NOTHING, metric: 'a.b', filters: [{ label: 'x', op: '=', value: 'y' }] })).toBe('{"a.b", x="y"}')
    expect(promqlOf({ ...NOTHING, filters: [{ label: 'x', op: '=', value: 'y' }] })).toBe('{x="y"}')
    expect(promqlOf({ ...NOTHING, metric: 'm', operations: [{ kind: 'aggregation', name: 'sum', labels: [], isWithout: false }] })).toBe('sum(m)')
    expect(promqlOf({ ...NOTHING, metric: 'm', operations: [{ kind: 'aggregation', name: 'avg', labels: [], isWithout: true }] })).toBe('avg without () (m)')
  })
})

describe('parts read from a query', () => {
  it('are those of its tree', () => {
    const rate = { type: 'call', func: { name: 'rate' }, args: [{ ...selector('x', [{ name: 'a', type: '!=', value: 'b' }]), type: 'matrixSelector', range: 300_000 }] }
    const tree = { type: 'parenExpr', expr: { type: 'aggregation', op: 'sum', expr: rate, param: null, grouping: ['le'], without: false } }
    const built = builtOf({ type: 'binaryExpr', op: '/', lhs: tree, rhs: { type: 'unaryExpr', op: '-', expr: { type: 'numberLiteral', val: '2' } }, bool: false }, NO_MARKS)
    expect(built && promqlOf(built)).toBe('sum by (le) (rate(x{a!="b"}[5m])) / -2')
  })

  it('put variables back', () => {
    const marks = new Map([['obsv_variable_0_', '$metric'], ['70008d', '$__rate_interval'], ['900003', '$n']])
    const rate = { type: 'call', func: { name: 'rate' }, args: [{ ...selector('obsv_variable_0_'), type: 'matrixSelector', range: 70_008 * 86_400_000 }] }
    const built = builtOf({ type: 'aggregation', op: 'topk', expr: rate, param: { type: 'numberLiteral', val: '900003' }, grouping: [], without: false }, marks)
    expect(built && promqlOf(built)).toBe('topk($n, rate($metric[$__rate_interval]))')
  })

  it('are none of what is more than parts', () => {
    const more = [
      { ...selector('x'), offset: 60_000 },
      { type: 'binaryExpr', op: '+', lhs: selector('x'), rhs: selector('y'), bool: false },
      { type: 'binaryExpr', op: '>', lhs: selector('x'), rhs: { type: 'numberLiteral', val: '1' }, bool: true },
      { type: 'call', func: { name: 'label_replace' }, args: [selector('x')] },
      { type: 'call', func: { name: 'round' }, args: [selector('x'), { type: 'numberLiteral', val: '5' }] },
      { type: 'aggregation', op: 'topk', expr: selector('x'), param: { type: 'numberLiteral', val: '5' }, grouping: ['a'], without: false },
      { type: 'numberLiteral', val: '1' },
    ]
    for (const tree of more) expect(builtOf(tree, NO_MARKS)).toBeUndefined()
  })
})
