import { describe, expect, it } from 'vitest'
import { Palette } from '../../charts/colours'
import { completePanel } from '../complete'
import type { PanelSeries } from '../data/types'
import { addressOf } from '../links'
import type { Panel, Stat } from '../model'
import { reducedOf } from './reduced'
import { fieldOf, type Subject } from './resolve'
import { boundsOf, colourOf, textOf } from './shown'

const subject = (more: Partial<Subject> = {}): Subject => ({ names: ['cpu 1'], ref: 'A', type: 'number', values: [1, 12], ...more })

describe('overrides', () => {
  it.each([
    [{ by: 'name', match: 'cpu 1' }, true],
    [{ by: 'name', match: 'cpu' }, false],
    [{ by: 'regex', match: '/CPU/i' }, true],
    [{ by: 'regex', match: '(' }, false],
    [{ by: 'ref', match: 'B' }, false],
    [{ by: 'type', match: 'number' }, true],
    [{ by: 'value', match: 'max >= 10' }, true],
    [{ by: 'value', match: 'min > 1' }, false],
    [{ by: 'value', match: 'zero' }, false],
  ])('%o', (override, applies) => {
    const { field, overrides } = completePanel({ id: 1, field: { unit: 's', decimals: 1 }, overrides: [{ ...override, set: { unit: 'B' } }] })
    expect(fieldOf({ field, overrides }, subject())).toMatchObject({ unit: applies ? 'B' : 's', decimals: 1 })
  })
})

describe('a value', () => {
  const levels = [{ color: 'ok' }, { value: 70, color: 'warn' }]
  const fieldWith = (field: object): Panel['field'] => completePanel({ id: 1, field }).field

  it('is mapped, has a unit, or says that there is none', () => {
    const field = fieldWith({
      unit: 'percent',
      no_value: 'none',
      mappings: [{ kind: 'value', value: '0', text: 'off' }, { kind: 'range', low: 90, high: 100, text: 'full' }, { kind: 'special', value: 'nan', text: '?' }, { kind: 'regex', value: '^a', text: 'A' }],
    })
    expect([0, 95, Number.NaN, 'abc', null, 5].map((value) => textOf(value, field))).toEqual(['off', 'full', '?', 'A', 'none', '5\u00a0%'])
  })

  it('has the colour of its threshold', () => {
    const bounds = { min: 0, max: 200 }
    expect([69, 70].map((value) => colourOf(value, fieldWith({ thresholds: levels }), bounds))).toEqual(['ok', 'warn'])
    expect(colourOf(139, fieldWith({ thresholds: levels, thresholds_are: 'percent' }), bounds)).toBe('ok')
    expect(colourOf(1, fieldWith({ color: 's3', thresholds: levels }), bounds)).toBe('s3')
    expect(colourOf(1, fieldWith({ color: 'series', thresholds: levels }), bounds)).toBeUndefined()
  })

  it('lies between bounds', () => {
    expect(boundsOf(fieldWith({ unit: 'percentunit' }), [0.2])).toEqual({ min: 0, max: 1 })
    expect(boundsOf(fieldWith({ min: 5 }), [7, null, 9])).toEqual({ min: 5, max: 9 })
    expect(boundsOf(fieldWith({}), [])).toEqual({ min: 0, max: 1 })
  })
})

describe('one value a series', () => {
  const series = (name: string, values: number[]): PanelSeries => ({ key: name, ref: 'A', name, labels: {}, times: values.map((_, index) => index), values, histograms: [], isInstant: false, stepS: 1 })
  const rows = (reduce: object) => {
    const panel = completePanel({ id: 1, view: { kind: 'stat', reduce } })
    return reducedOf(panel, { series: [series('a', [1, 3]), series('b', [5])] }, (panel.view as Stat).reduce, new Palette()).map(({ name, value }) => [name, value])
  }

  it('is calculated, or each by itself', () => {
    expect(rows({})).toEqual([['a', 3], ['b', 5]])
    expect(rows({ calc: 'mean', field: '/^a/' })).toEqual([['a', 2]])
    expect(rows({ rows: 2 })).toEqual([['a', 1], ['a', 3], ['b', 5]])
  })
})

describe('a link', () => {
  const scope = new Map([['host', { values: ['a b'], isSeveral: false }]])
  const address = (url: string, keep_time = false) => addressOf({ url, keep_time }, scope, { value: 'x/y', row: { 'Other one': 'z' } }, new URLSearchParams('from=now-6h'))

  it.each([
    ['/x/$host?v=${__value.raw}', '/x/a%20b?v=x%2Fy'],
    ['https://example.org/${__data.fields["Other one"]}', 'https://example.org/z'],
    ['javascript:alert(1)', ''],
    ['//example.org', ''],
    ['data:text/html,x', ''],
  ])('%s', (url, expected) => {
    expect(address(url)).toBe(expected)
  })

  it('may keep the time', () => {
    expect(address('/x?a=b', true)).toBe('/x?a=b&from=now-6h')
    expect(address('/x', true)).toBe('/x?from=now-6h')
  })
})
