import { expect, it } from 'vitest'
import { completeDashboard } from '../complete'
import { pruned } from './pruned'

it('a stored document is the same again after it was filled in', () => {
  const stored = {
    key: 'a',
    title: 'A',
    time: { start: 'now-6h' },
    variables: [{ name: 'host', query: 'label_values(up, instance)', multi: true }],
    panels: [
      { id: 1, grid: { x: 12 }, view: { kind: 'stat', reduce: { calc: 'max' } }, queries: [{ expr: 'up' }, { ref: 'B', expr: 'up' }], field: { unit: 'bytes', thresholds: [{ color: 'ok' }] } },
      { id: 2, view: { kind: 'row' }, repeat: { variable: 'host' } },
      { id: 3, overrides: [{ match: 'x', set: { negate: false } }] },
    ],
  }
  expect(pruned('Dashboard', completeDashboard(stored) as never)).toEqual(stored)
})
