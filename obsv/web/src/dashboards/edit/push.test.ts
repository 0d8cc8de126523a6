import { describe, expect, it } from 'vitest'
import { completePanel } from '../complete'
import { overlap } from '../grid/apart'
import type { Panel } from '../model'
import { freeSpot, movedSection, place, reordered, stepped, tidy } from './push'

const panel = (id: number, x: number, y: number, w = 12, h = 4): Panel => completePanel({ id, grid: { x, y, w, h } })
const row = (id: number, y: number): Panel => completePanel({ id, grid: { x: 0, y, w: 24, h: 1 }, view: { kind: 'row' } })

function places(panels: readonly Panel[]): Record<number, string> {
  return Object.fromEntries(panels.map(({ id, grid: { x, y, w, h } }) => [id, `${x},${y} ${w}x${h}`]))
}

const at = (panels: readonly Panel[], id: number, x: number, y: number): Panel[] => place(panels, id, { ...(panels.find((one) => one.id === id) ?? panel(0, 0, 0)).grid, x, y })

describe('panels on the grid', () => {
  it('are laid apart and close up', () => {
    expect(places(tidy([panel(1, 0, 0), panel(2, 6, 2), panel(3, 0, 20)]))).toEqual({ 1: '0,0 12x4', 2: '6,4 12x4', 3: '0,8 12x4' })
  })

  it('that stay where they are stay the same objects', () => {
    const panels = [panel(1, 0, 0), panel(2, 12, 0), panel(3, 0, 4)]
    const next = at(panels, 3, 12, 4)
    expect(next[0]).toBe(panels[0])
    expect(next[2]).not.toBe(panels[2])
  })

  it('make room below for what is put on them', () => {
    expect(places(at([panel(1, 0, 0), panel(2, 12, 0)], 2, 0, 0))).toEqual({ 1: '0,4 12x4', 2: '0,0 12x4' })
  })

  it('go up into the room of what is dragged down over them', () => {
    const panels = [panel(1, 0, 0), panel(2, 0, 4), panel(3, 0, 8)]
    expect(places(at(panels, 1, 0, 2))).toEqual(places(panels))
    expect(places(at(panels, 1, 0, 4))).toEqual({ 1: '0,4 12x4', 2: '0,0 12x4', 3: '0,8 12x4' })
  })

  it('never lie on each other, wherever one is put and however large', () => {
    const panels = [panel(1, 0, 0, 8, 5), panel(2, 8, 0, 8, 3), panel(3, 16, 0, 8, 7), row(4, 7), panel(5, 0, 8, 24, 4), panel(6, 0, 12, 12, 4)]
    for (let turn = 0; turn < 600; turn += 1) {
      const [x, y, w, h] = [turn % 23, (turn * 7) % 19, 2 + ((turn * 5) % 22), 2 + ((turn * 3) % 9)]
      const next = place(panels, [1, 2, 3, 5, 6][turn % 5] ?? 1, { x, y, w, h })
      next.forEach((one, index) => {
        expect(one.grid.x + one.grid.w).toBeLessThanOrEqual(24)
        for (const other of next.slice(index + 1)) expect(overlap(one.grid, other.grid)).toBe(false)
      })
    }
  })

  it('stay in the section of their row unless they are put into another', () => {
    const panels = [panel(1, 0, 0), row(2, 4), panel(3, 0, 5), row(4, 9), panel(5, 0, 10)]
    expect(places(at(panels, 1, 12, 4))).toEqual({ 1: '12,1 12x4', 2: '0,0 24x1', 3: '0,1 12x4', 4: '0,5 24x1', 5: '0,6 12x4' })
    expect(places(at(panels, 5, 12, 0))).toEqual({ ...places(panels), 5: '12,0 12x4' })
    expect(places(place(panels, 3, { x: 0, y: 5, w: 12, h: 6 }))).toMatchObject({ 3: '0,5 12x6', 4: '0,11 24x1', 5: '0,12 12x4' })
  })
})

describe('keys', () => {
  it('lead a panel past the next one with one press', () => {
    const panels = [panel(1, 0, 0, 12, 8), panel(2, 0, 8, 12, 6)]
    const down = stepped(panels, 1, 0, 1)
    expect(places(down)).toEqual({ 1: '0,6 12x8', 2: '0,0 12x6' })
    expect(places(stepped(down, 1, 0, -1))).toEqual(places(panels))
    expect(places(stepped(panels, 1, 1, 0))).toEqual({ 1: '1,0 12x8', 2: '0,8 12x6' })
    expect(stepped(panels, 1, -1, 0)).toEqual(panels)
  })

  it('lead into the next section and back', () => {
    const panels = [panel(1, 0, 0), row(2, 4), panel(3, 0, 5)]
    const down = stepped(panels, 1, 0, 1)
    expect(places(down)).toEqual({ 1: '0,1 12x4', 2: '0,0 24x1', 3: '0,5 12x4' })
    expect(places(stepped(down, 1, 0, -1))).toEqual(places(panels))
  })

  it('move rows with what is below them', () => {
    const panels = [row(1, 0), panel(2, 0, 1), row(3, 5), panel(4, 0, 6, 12, 6), panel(5, 12, 6)]
    const moved = { 1: '0,7 24x1', 2: '0,8 12x4', 3: '0,0 24x1', 4: '0,1 12x6', 5: '12,1 12x4' }
    expect(places(movedSection(panels, 1, 1))).toEqual(moved)
    expect(places(stepped(panels, 3, 0, -1))).toEqual(moved)
    expect(places(movedSection(panels, 1, -1))).toEqual(places(panels))
  })
})

describe('a list', () => {
  it('swaps neighbours, beside each other or below', () => {
    const panels = [panel(1, 0, 0, 8), panel(2, 8, 0, 16), panel(3, 0, 4, 24)]
    expect(places(reordered(panels, 1, 1))).toMatchObject({ 1: '16,0 8x4', 2: '0,0 16x4' })
    expect(places(reordered(panels, 2, -1))).toMatchObject({ 1: '16,0 8x4', 2: '0,0 16x4' })
    expect(Object.keys(places(reordered(panels, 3, 1)))).toHaveLength(3)
    const order = reordered(panels, 3, -1)
    expect([...order].sort((a, b) => a.grid.y - b.grid.y || a.grid.x - b.grid.x).map(({ id }) => id).indexOf(3)).toBeLessThan(2)
  })
})

describe('a free spot', () => {
  it('is the first gap of the last section, else below', () => {
    expect(freeSpot([panel(1, 0, 0)], 12, 4)).toEqual({ x: 12, y: 0, w: 12, h: 4 })
    expect(freeSpot([panel(1, 0, 0), row(2, 4)], 12, 8)).toEqual({ x: 0, y: 5, w: 12, h: 8 })
    expect(freeSpot([panel(1, 0, 0, 24)], 12, 8)).toEqual({ x: 0, y: 4, w: 12, h: 8 })
  })
})
