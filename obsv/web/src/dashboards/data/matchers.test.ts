import { describe, expect, it } from 'vitest'
import { addMatchers } from './matchers'

describe('filters', () => {
  it.each([
    ['up', 'up{a="b"}'],
    ['up{}', 'up{a="b"}'],
    ['{job="x"}', '{a="b",job="x"}'],
    ['sum by (job) (rate(up{x="}"}[5m])) / on (job) group_left () other', 'sum by (job) (rate(up{a="b",x="}"}[5m])) / on (job) group_left () other{a="b"}'],
    ['rate(x[1m] offset 5m) > bool 0.5 # up', 'rate(x{a="b"}[1m] offset 5m) > bool 0.5 # up'],
    ['label_replace(up, "a", "$1", "b", "up")', 'label_replace(up{a="b"}, "a", "$1", "b", "up")'],
    ['x @ end() and y', 'x{a="b"} @ end() and y{a="b"}'],
  ])('%s', (expr, filtered) => {
    expect(addMatchers(expr, ['a="b"'])).toBe(filtered)
    expect(addMatchers(expr, [])).toBe(expr)
  })
})
