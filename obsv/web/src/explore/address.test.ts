import { describe, expect, it } from 'vitest'
import { explorePath, freeRef, queriesOf, shownOf, shownParts, textsOf, type ExploreQuery } from './address'

const query = (expr: string, more: Partial<ExploreQuery> = {}): ExploreQuery => ({ ref: 'A', expr, legend: '', step: '', isHidden: false, ...more })
const address = (queries: readonly ExploreQuery[]): URLSearchParams => new URLSearchParams(textsOf(queries).map((text) => ['q', text]))

describe('the address of Explore', () => {
  it('has one empty query for nothing', () => {
    expect(queriesOf(new URLSearchParams())).toEqual([query('')])
    expect(textsOf([query('')])).toEqual([])
  })

  it('leads back to what it was made of', () => {
    const all = [query('up'), query('{"a.b"} & 1', { ref: 'B' }), query('', { ref: 'C' }), query('{x="y"}', { ref: 'lat', legend: '{{x}}', step: '1m', isHidden: true }), query('z', { ref: 'D' })]
    expect(queriesOf(new URLSearchParams(address(all).toString()))).toEqual(all)
  })

  it('is plain where a query is', () => {
    expect(textsOf([query('up'), query('rate(x[5m])', { ref: 'B' })])).toEqual(['up', 'rate(x[5m])'])
  })

  it('mends names that are none, or taken', () => {
    const found = queriesOf(new URLSearchParams([['q', 'a'], ['q', '{"expr":"b","ref":"A"}'], ['q', '{"expr":"c","ref":"no good"}'], ['q', '{"expr":7}']]))
    expect(found.map(({ ref, expr }) => [ref, expr])).toEqual([['A', 'a'], ['B', 'b'], ['C', 'c'], ['D', '']])
    expect(freeRef([{ ref: 'A' }, { ref: 'C' }])).toBe('B')
  })

  it('says how it is shown where that is not usual', () => {
    expect(shownOf(new URLSearchParams('view=table&at=instant'))).toEqual({ view: 'table', at: 'instant' })
    expect(shownOf(new URLSearchParams('view=x'))).toEqual({ view: 'graph', at: 'range' })
    expect(shownParts({ view: 'graph', at: 'range' })).toEqual({ view: undefined, at: undefined })
  })

  it('is made for who comes from elsewhere', () => {
    expect(explorePath('a b', [{ expr: 'up' }, { expr: 'x', legend: 'l' }], { fromMs: 1000, toMs: 2000.4 })).toBe('/app/a%20b/explore?q=up&q=%7B%22expr%22%3A%22x%22%2C%22legend%22%3A%22l%22%7D&from=1000&to=2000')
    expect(explorePath('acme', [])).toBe('/app/acme/explore')
  })
})
