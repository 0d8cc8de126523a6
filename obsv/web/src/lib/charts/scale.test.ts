import { describe, expect, it } from 'vitest'
import { timeTick, valueRange, valueTicks } from './scale'
import type { Panel } from './types'

const panel = (more: Partial<Panel>): Panel => ({ id: '', title: '', unit: 'count', targets: [], ...more })
const GIB = 2 ** 30

describe('the axis of values', () => {
  it.each<[string, Partial<Panel>, number, number, number[]]>([
    ['ends on a tick over the largest value', { unit: 'percent' }, 0.02, 0.67, [0, 0.2, 0.4, 0.6, 0.8]],
    ['never goes over what there can be', { unit: 'percent', limit: 1 }, 0.1, 0.99, [0, 0.25, 0.5, 0.75, 1]],
    ['reaches the limit where that matters', { unit: 'percent', limit: 1, showsLimit: true }, 0.1, 0.2, [0, 0.25, 0.5, 0.75, 1]],
    ['is round in units of 1024 for memory', { unit: 'bytes' }, 0, 23.5 * GIB, [0, 8, 16, 24].map((gib) => gib * GIB)],
    ['has whole ticks for whole values', { isWhole: true }, 0, 3, [0, 1, 2, 3]],
    ['has both directions of a flow', { unit: 'bytes/s' }, -700, 900, [-1000, -500, 0, 500, 1000]],
    ['is rounded until its ticks fit', { unit: 'bytes/s' }, -12, 27, [-20, -10, 0, 10, 20, 30]],
    ['is of use for an idle host', { unit: 'bytes/s' }, 0, 0, [0, 250, 500, 750, 1000]],
  ])('%s', (_, more, min, max, ticks) => {
    const one = panel(more)
    const [bottom, top] = valueRange(one, min, max)
    const found = valueTicks(one, bottom, top)
    expect(found).toHaveLength(ticks.length)
    found.forEach((tick, index) => expect(tick).toBeCloseTo(ticks[index] ?? NaN, 9))
    expect([bottom, top]).toEqual([found[0], found.at(-1)])
  })

  it('holds whatever comes', () => {
    expect(valueRange(panel({}), null, null)).toEqual([0, 1])
  })
})

describe('the axis of time', () => {
  const at = new Date(2026, 10, 23, 14, 5, 30).getTime() / 1000
  it.each([
    [10, '14:05:30'],
    [300, '14:05'],
    [86_400, '23 Nov'],
  ])('a distance of %d s reads right', (distance, text) => {
    expect(timeTick(at, distance)).toMatch(text)
  })
})
