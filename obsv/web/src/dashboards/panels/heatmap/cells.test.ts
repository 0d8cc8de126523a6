import { describe, expect, it } from 'vitest'
import { completePanel } from '../../complete'
import type { PanelData, PanelSeries } from '../../data/types'
import type { Heatmap } from '../../model'
import { cellsOf } from './cells'

const view = completePanel({ id: 1, view: { kind: 'heatmap' } }).view as Heatmap

function data(...series: Partial<PanelSeries>[]): PanelData {
  const whole = series.map((one, index) => ({
    key: String(index), ref: 'A', name: '', labels: {}, times: [0, 60], values: [], histograms: [], isInstant: false, stepS: 60, ...one,
  }))
  return { series: whole, notices: [], refs: ['A'], fromMs: 0, toMs: 60_000, stepS: 60 }
}

describe('a heatmap', () => {
  it('takes classic buckets apart', () => {
    const cells = cellsOf(data({ labels: { le: '+Inf' }, values: [9, 4] }, { labels: { le: '0.5' }, values: [2, 3] }, { labels: { le: '1' }, values: [7, 3] }), view)
    expect(cells.buckets).toEqual([{ low: 0, high: 0.5 }, { low: 0.5, high: 1 }, { low: 1, high: Infinity }])
    expect(cells.counts).toEqual([[2, 3], [5, 0], [2, 1]])
    expect(cells.max).toBe(5)
  })

  it('adds up native histograms', () => {
    const histograms: PanelSeries['histograms'] = [[60, { count: '3', sum: '1', buckets: [[0, '1', '2', '3']] }]]
    const { buckets, counts } = cellsOf(data({ times: [], histograms }, { times: [], histograms }), view)
    expect(buckets).toEqual([{ low: 1, high: 2 }])
    expect(counts).toEqual([[null, 6]])
  })

  it('puts values into buckets', () => {
    const { buckets, counts } = cellsOf(data({ values: [0, 24] }, { values: [24, Number.NaN] }), view)
    expect([buckets[0], buckets.at(-1)]).toEqual([{ low: 0, high: 1 }, { low: 23, high: 24 }])
    expect([counts[0], counts.at(-1)]).toEqual([[1, null], [1, 1]])
    expect(cellsOf(data(), view)).toMatchObject({ buckets: [], max: 0 })
  })
})
