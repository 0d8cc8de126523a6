import { expect, it } from 'vitest'
import { blocksOf, withBlockMoved, withMoved } from './order'

const ALL = [
  { id: 'api', group: 'Core' },
  { id: 'docs', group: '' },
  { id: 'web', group: 'Core' },
  { id: 'mail', group: '' },
]

function ids(all: readonly { id: string }[] | undefined): string | undefined {
  return all?.map(({ id }) => id).join(' ')
}

it('groups stand together', () => {
  expect(blocksOf(ALL).map(({ group, members }) => [group, ids(members)])).toEqual([['Core', 'api web'], ['', 'docs'], ['', 'mail']])
})

it('one moves within its group, or past a block', () => {
  expect(ids(withMoved(ALL, 'web', -1))).toBe('web api docs mail')
  expect(ids(withMoved(ALL, 'api', -1))).toBeUndefined()
  expect(ids(withMoved(ALL, 'docs', -1))).toBe('docs api web mail')
  expect(ids(withMoved(ALL, 'mail', 1))).toBeUndefined()
  expect(ids(withMoved(ALL, 'gone', 1))).toBeUndefined()
})

it('a group moves as a whole', () => {
  expect(ids(withBlockMoved(ALL, 0, 1))).toBe('docs api web mail')
  expect(ids(withBlockMoved(ALL, 0, -1))).toBeUndefined()
})
