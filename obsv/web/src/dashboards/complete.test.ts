import { describe, expect, it } from 'vitest'
import { completeDashboard, completePanel } from './complete'

describe('a stored document', () => {
  it('has everything once it is complete', () => {
    const whole = completeDashboard({ key: 'a', title: 'A', panels: [{ id: 1, view: { kind: 'pie', legend: { show: false } } }] })
    expect(whole.time).toEqual({ start: 'now-1h', end: 'now' })
    const [panel] = whole.panels
    expect(panel).toMatchObject({ title: '', grid: { x: 0, y: 0, w: 12, h: 8 }, queries: [], repeat: null })
    expect(panel?.view).toMatchObject({ kind: 'pie', donut: false, reduce: { calc: 'last-not-null' }, legend: { show: false, place: 'bottom' } })
    expect(panel?.field.unit).toBeNull()
  })

  it('has parts in parts', () => {
    const { overrides, queries } = completePanel({ id: 1, queries: [{ expr: 'up' }], overrides: [{ match: 'x', set: { thresholds: [{ color: 'ok' }] } }] })
    expect(queries[0]).toEqual({ ref: 'A', expr: 'up', legend: '', at: 'range', step: '', hidden: false })
    expect(overrides[0]?.set.thresholds).toEqual([{ value: null, color: 'ok' }])
    expect(overrides[0]?.set.unit).toBeNull()
  })

  it('shares nothing with another', () => {
    completePanel({ id: 1 }).queries.push({ ref: 'B', expr: '', legend: '', at: 'range', step: '', hidden: false })
    expect(completePanel({ id: 2 }).queries).toEqual([])
  })
})
