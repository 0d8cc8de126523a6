import { describe, expect, it } from 'vitest'
import { completePanel } from '../../complete'
import type { PanelData, PanelSeries } from '../../data/types'
import type { Table } from '../../model'
import { rowsOf, sortedRows } from './rows'

function series(ref: string, labels: Record<string, string>, values: number[], isInstant = true): PanelSeries {
  const key = ref + JSON.stringify(labels)
  return { key, ref, name: key, labels, times: values.map((_, index) => index * 60), values, histograms: [], isInstant, stepS: 60 }
}

function data(...all: PanelSeries[]): PanelData {
  return { series: all, notices: [], refs: [...new Set(all.map(({ ref }) => ref))], fromMs: 0, toMs: 120_000, stepS: 60 }
}

const table = (view: object): Table => completePanel({ id: 1, view: { kind: 'table', ...view } }).view as Table

describe('a table', () => {
  const two = data(series('A', { __name__: 'up', host: 'a', job: 'x' }, [1]), series('A', { host: 'b', job: 'x' }, [2]), series('B', { host: 'a', job: 'x' }, [3]))

  it('has a row a series, queries joined by their labels', () => {
    const { names, rows } = rowsOf(table({}), two)
    expect(names).toEqual(['host', 'job', 'Value #A', 'Value #B'])
    expect(rows).toEqual([
      { host: 'a', job: 'x', 'Value #A': 1, 'Value #B': 3 },
      { host: 'b', job: 'x', 'Value #A': 2 },
    ])
  })

  it('has a row a sample over time', () => {
    const { names, rows } = rowsOf(table({}), data(series('A', { host: 'a' }, [1, 2], false)))
    expect(names).toEqual(['Time', 'host', 'Value'])
    expect(rows).toEqual([
      { Time: 0, host: 'a', Value: 1 },
      { Time: 60_000, host: 'a', Value: 2 },
    ])
  })

  it('joins, groups, calculates and arranges', () => {
    expect(rowsOf(table({ join: 'job' }), two).rows).toEqual([{ host: 'a', job: 'x', 'Value #A': 1, 'Value #B': 3 }])
    const group = [{ name: 'job' }, { name: 'Value #A', calc: 'sum' }, { name: 'Value #A', calc: 'max' }, { name: 'host', calc: 'count' }]
    expect(rowsOf(table({ group }), two).rows).toEqual([{ job: 'x', 'Value #A (sum)': 3, 'Value #A (max)': 2, host: 2 }])
    expect(rowsOf(table({ calcs: ['max', 'mean'] }), data(series('A', {}, [1, 3], false))).rows).toEqual([{ Field: 'A{}', max: 3, mean: 2 }])
    const columns = [{ name: 'Value #B' }, { name: 'job', hidden: true }]
    expect(rowsOf(table({ columns }), two).names).toEqual(['Value #B', 'host', 'Value #A'])
    expect(rowsOf(table({ columns, only_named: true }), two).names).toEqual(['Value #B'])
  })

  it('is sorted with what is missing last', () => {
    const { rows } = rowsOf(table({}), two)
    const by = (isDescending: boolean) => sortedRows(rows, [{ column: 'Value #B', isDescending }]).map(({ host }) => host)
    expect([by(true), by(false)]).toEqual([['a', 'b'], ['a', 'b']])
    expect(sortedRows(rows, [{ column: 'host', isDescending: true }]).map(({ host }) => host)).toEqual(['b', 'a'])
  })
})
