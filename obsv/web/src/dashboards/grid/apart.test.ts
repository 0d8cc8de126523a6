import { expect, it } from 'vitest'
import { apart } from './apart'

it('panels of a document that lie on each other are pushed apart, and others stay, with their gaps', () => {
  const box = (x: number, y: number) => ({ x, y, w: 12, h: 4 })
  expect(apart([box(0, 0), box(6, 2), box(0, 3), box(12, 20)])).toEqual([box(0, 0), box(6, 4), box(0, 8), box(12, 20)])
})
