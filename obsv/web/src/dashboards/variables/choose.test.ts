import { describe, expect, it } from 'vitest'
import { completeDashboard } from '../complete'
import type { Variable } from '../model'
import { chosenOf, ownChoices, wanted } from './choose'
import { inOrder } from './load'

function variables(...stored: object[]): Variable[] {
  return completeDashboard({ variables: stored }).variables
}
function one(stored: object): Variable {
  const [found] = variables({ name: 'v', ...stored })
  if (!found) throw new Error('a list of one')
  return found
}
const choices = ['a', 'b', 'c'].map((value) => ({ value, text: value.toUpperCase() }))
const span = { fromMs: 0, toMs: 3_600_000 }
const choose = (stored: object, want: string[]) => chosenOf(one(stored), want, choices, span)

describe('what is chosen', () => {
  it('is what the address says, else the document', () => {
    expect(wanted(one({ value: ['x'] }), new URLSearchParams())).toEqual(['x'])
    expect(wanted(one({ value: ['x'] }), new URLSearchParams('var-v=a&var-v=b'))).toEqual(['a', 'b'])
  })

  it('is among the choices', () => {
    expect(choose({}, ['b'])).toEqual({ values: ['b'], texts: ['B'], isSeveral: false })
    expect(choose({}, ['gone'])).toMatchObject({ values: ['a'] })
    expect(chosenOf(one({}), ['gone'], [], span)).toMatchObject({ values: ['gone'] })
    expect(choose({}, ['b', 'c'])).toMatchObject({ values: ['b'] })
    expect(choose({ multi: true }, ['b', 'c'])).toMatchObject({ values: ['b', 'c'], isSeveral: true })
  })

  it('may be all', () => {
    expect(choose({ all: true }, [])).toMatchObject({ values: ['a', 'b', 'c'], isAll: true, isSeveral: true })
    expect(choose({ all: true, all_value: '.*' }, ['$__all'])).toMatchObject({ isAll: true, allValue: '.*' })
    expect(choose({}, ['$__all'])).toMatchObject({ values: ['a'] })
  })

  it('is text, an interval, or matchers', () => {
    expect(choose({ kind: 'text' }, ['x'])).toEqual({ values: ['x'], isSeveral: false })
    expect(choose({ kind: 'constant', query: 'k' }, [])).toMatchObject({ values: ['k'] })
    const intervals = ownChoices(one({ kind: 'interval', query: 'auto,1m, 5m' }))
    expect(intervals.map(({ value }) => value)).toEqual(['auto', '1m', '5m'])
    expect(chosenOf(one({ kind: 'interval' }), ['auto'], intervals, { fromMs: 0, toMs: 86_400_000 })).toMatchObject({ values: ['15m'], texts: ['auto'] })
    expect(choose({ kind: 'filters' }, ['', 'a="b"'])).toEqual({ values: ['a="b"'], isSeveral: true })
    expect(ownChoices(one({ kind: 'custom', query: 'One : 1, two\\,three' }))).toEqual([{ text: 'One', value: '1' }, { text: '', value: 'two,three' }])
  })

  it('comes after what it refers to, and circles end', () => {
    const names = (...stored: object[]) => inOrder(variables(...stored)).map(({ name }) => name)
    expect(names({ name: 'c', query: '$b' }, { name: 'b', query: 'x{a="$a"}' }, { name: 'a' })).toEqual(['a', 'b', 'c'])
    expect(names({ name: 'a', query: '$b' }, { name: 'b', query: '$a' })).toEqual(['a', 'b'])
  })
})
