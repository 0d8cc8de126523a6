import { describe, expect, it } from 'vitest'
import { besideKey, isOwn } from './candidate.svelte'

describe('what is brought', () => {
  it.each([
    [{ key: 'disks', title: 'Disks', panels: [{ id: 1, view: { kind: 'stat' } }] }, true],
    [{ key: 'disks', title: 'Disks', panels: [] }, true],
    [{ title: 'Disks', uid: 'x', panels: [{ id: 1, type: 'stat' }] }, false],
    [{ key: 'x', title: 'Disks', panels: [{ id: 1, type: 'stat' }] }, false],
    ['text', false],
    [null, false],
  ])('is a document of obsv’s own or needs reading: %j', (document, expected) => {
    expect(isOwn(document)).toBe(expected)
  })

  it('gets a key beside the one that is taken, of the length that is allowed', () => {
    expect(besideKey('disks', 2)).toBe('disks-2')
    expect(besideKey('x'.repeat(80), 12)).toBe(`${'x'.repeat(77)}-12`)
  })
})
