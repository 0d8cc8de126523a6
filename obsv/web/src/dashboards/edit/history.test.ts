import { describe, expect, it } from 'vitest'
import { begun, changed, redone, undone } from './history'

describe('history', () => {
  it('goes back and forth, and a new change ends what could be done again', () => {
    let history = changed(changed(begun('a'), 'b'), 'c')
    history = undone(undone(history))
    expect(history.now).toBe('a')
    expect(undone(history)).toBe(history)
    expect(redone(history).now).toBe('b')
    history = changed(redone(history), 'd')
    expect(history).toMatchObject({ past: ['a', 'b'], now: 'd', future: [] })
    expect(redone(history)).toBe(history)
  })

  it('takes letters typed into one field for one change', () => {
    const typed = changed(changed(changed(begun('x'), 'a', 'title'), 'ab', 'title'), 'abc', 'title')
    expect(undone(typed).now).toBe('x')
    const apart = changed(undone(changed(typed, 'z', 'tags')), 'abcd', 'title')
    expect(undone(apart).now).toBe('abc')
  })
})
