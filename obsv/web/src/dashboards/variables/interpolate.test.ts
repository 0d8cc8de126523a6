import { describe, expect, it } from 'vitest'
import { builtins, interpolate, namesIn, type Chosen, type Context } from './interpolate'

const several = (...values: string[]): Chosen => ({ values, isSeveral: true })
const scope = new Map<string, Chosen>([
  ['one', { values: ['a.b'], isSeveral: false }],
  ['many', several('a.b', 'c"d')],
  ['all', { ...several('x', 'y'), isAll: true, allValue: '.*' }],
  ['every', { ...several('x', 'y'), isAll: true }],
  ['named', { values: ['1'], texts: ['one'], isSeveral: false }],
  ...builtins({ fromMs: 0, toMs: 3_600_000, stepS: 30 }),
])

describe('variables', () => {
  it.each<[string, Context, string]>([
    ['up{a="$one"}', 'expr', 'up{a="a.b"}'],
    ['up{a=~"$many"}', 'expr', String.raw`up{a=~"(a\\.b|c\"d)"}`],
    ['up{a=~"${many:pipe}"}', 'expr', String.raw`up{a=~"a.b|c\"d"}`],
    ['up{a=~"[[all]]",b=~"$every"}', 'expr', 'up{a=~".*",b=~"(x|y)"}'],
    ['rate(x[$__rate_interval]) / $__range_s', 'expr', 'rate(x[1m]) / 3600'],
    ['label_replace(up, "a", "$1", "b", "(.*)")', 'expr', 'label_replace(up, "a", "$1", "b", "(.*)")'],
    ['$nobody ${nobody:csv}', 'text', '$nobody ${nobody:csv}'],
    ['Load of $named, $every, $many', 'text', 'Load of one, All, a.b + c"d'],
    ['/x?${many:queryparam}&y=$one', 'url', '/x?var-many=a.b&var-many=c%22d&y=a.b'],
    ['${many:json} ${one:json} ${many:singlequote}', 'text', `["a.b","c\\"d"] "a.b" 'a.b','c"d'`],
    [String.raw`up{a="\"$one"} # "$one`, 'expr', String.raw`up{a="\"a.b"} # "a.b`],
  ])('%s as %s', (text, context, expected) => {
    expect(interpolate(text, scope, context)).toBe(expected)
  })

  it('are found in a text', () => {
    expect([...namesIn('$a ${b:csv} [[c]] $a')]).toEqual(['a', 'b', 'c'])
  })
})
