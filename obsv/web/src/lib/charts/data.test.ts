import { describe, expect, it } from 'vitest'
import { chartData, pointCount, stacked } from './data'
import type { Panel } from './types'

const panel = {
  targets: [
    { name: (labels: Record<string, string>) => labels.device ?? '' },
    { name: (labels: Record<string, string>) => `out ${labels.device ?? ''}`, isMirrored: true },
  ],
  order: ['eth1'],
} as unknown as Panel

describe('the answers to a panel', () => {
  const colours = new Map([['eth2', 5]])
  const data = chartData(
    panel,
    [
      [
        { metric: { device: 'eth10' }, values: [[10, '1'], [20, '2'], [40, 'NaN']] },
        { metric: { device: 'eth2' }, values: [[30, '3']] },
        { metric: { device: 'eth1' }, values: [[10, '5'], [50, '9']] },
        { metric: { device: 'silent' }, values: [[20, 'NaN']] },
      ],
      [{ metric: { device: 'eth2' }, values: [[20, '4']] }],
    ],
    { startS: 10, endS: 40, stepS: 10 },
    colours,
  )

  it('stand on one grid, gaps are gaps, and what is out of it or no number is left out', () => {
    expect(data.times).toEqual([10, 20, 30, 40])
    expect(data.series.map(({ name, values }) => [name, values])).toEqual([
      ['eth1', [5, null, null, null]],
      ['eth2', [null, null, 3, null]],
      ['eth10', [1, 2, null, null]],
      ['out eth2', [null, -4, null, null]],
    ])
  })

  it('keep the colours that they had, and share no colour', () => {
    expect(data.series.map(({ name, colour }) => [name, colour])).toEqual([
      ['eth1', 0],
      ['eth2', 5],
      ['eth10', 1],
      ['out eth2', 2],
    ])
    expect(colours.get('eth10')).toBe(1)
  })

  it('count the times that have any value', () => {
    expect(pointCount(data)).toBe(3)
  })

  it('are stacked over what is there', () => {
    expect(stacked(data.series.slice(0, 3))).toEqual([
      [5, null, null, null],
      [null, null, 3, null],
      [6, 2, null, null],
    ])
  })
})
