import { describe, expect, it } from 'vitest'
import { selector } from './promql'

describe('a selector', () => {
  it('quotes what a label may hold', () => {
    expect(selector({ instance: 'a"b\\c\nd' }, 'mode!="idle"')).toBe('{instance="a\\"b\\\\c\\nd",mode!="idle"}')
  })
})
