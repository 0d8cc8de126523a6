import { describe, expect, it } from 'vitest'
import { completePanel } from '../complete'
import type { Scope } from '../variables/interpolate'
import { layoutOf } from './layout'

const panel = (id: number, x: number, y: number, more: object = {}) => completePanel({ id, grid: { x, y, w: 12, h: 4 }, ...more })
const scope: Scope = new Map([['host', { values: ['a', 'b', 'c'], isSeveral: true }]])

function places(panels: Parameters<typeof layoutOf>[0], toggled: readonly string[] = []): string[] {
  return layoutOf(panels, scope, new Set(toggled)).map(({ key, x, y, w, h }) => `${key} ${x},${y} ${w}x${h}`)
}

describe('a layout', () => {
  it('is as it is written, in the order of reading', () => {
    expect(places([panel(3, 0, 4), panel(2, 12, 0), panel(1, 0, 0)])).toEqual(['1 0,0 12x4', '2 12,0 12x4', '3 0,4 12x4'])
  })

  it('repeats panels beside each other, which moves those below', () => {
    const repeat = { variable: 'host', most: 2 }
    expect(places([panel(1, 0, 0, { repeat }), panel(2, 0, 4)])).toEqual(['1:a 0,0 12x4', '1:b 12,0 12x4', '1:c 0,4 12x4', '2 0,8 12x4'])
    expect(places([panel(1, 4, 0, { repeat: { variable: 'host', direction: 'v' } })])).toEqual(['1:a 4,0 12x4', '1:b 4,4 12x4', '1:c 4,8 12x4'])
    expect(places([panel(1, 0, 0, { repeat: { variable: 'nobody' } })])).toEqual(['1 0,0 12x4'])
  })

  it('folds rows, and repeats them with what they hold', () => {
    const row = (id: number, y: number, more: object = {}) => completePanel({ id, grid: { x: 0, y, w: 24, h: 1 }, view: { kind: 'row' }, ...more })
    const panels = [row(1, 0), panel(2, 0, 1), row(3, 5), panel(4, 0, 6)]
    expect(places(panels)).toEqual(['1 0,0 24x1', '2 0,1 12x4', '3 0,5 24x1', '4 0,6 12x4'])
    expect(places(panels, ['1'])).toEqual(['1 0,0 24x1', '3 0,1 24x1', '4 0,2 12x4'])
    const all = places([row(1, 0, { repeat: { variable: 'host' } }), panel(2, 0, 1)])
    expect(all).toEqual(['1:a 0,0 24x1', '2:a 0,1 12x4', '1:b 0,5 24x1', '2:b 0,6 12x4', '1:c 0,10 24x1', '2:c 0,11 12x4'])
  })
})
