import { describe, expect, it } from 'vitest'
import { newQuery } from './address'
import { cut, matching, MOST, noted, type Entry } from './history'

const entry = (expr: string, isStarred = false): Entry => ({ queries: [newQuery([], expr)], atMs: 1, isStarred })
const texts = (entries: readonly Entry[]): string[] => entries.map(({ queries }) => queries.map(({ expr }) => expr).join(';'))

describe('what was asked before', () => {
  it('has the newest first and nothing twice, and what is starred stays so', () => {
    const found = noted([entry('a'), entry('b', true)], [newQuery([], ' b '), newQuery([newQuery([])])], 9)
    expect(texts(found)).toEqual([' b ', 'a'])
    expect(found[0]).toMatchObject({ isStarred: true, atMs: 9 })
    expect(noted(found, [newQuery([])], 10)).toEqual(found)
  })

  it('keeps so many, and what is starred beside them', () => {
    const many = Array.from({ length: MOST + 5 }, (_, index) => entry(`x${index}`))
    expect(cut([...many, entry('kept', true)])).toHaveLength(MOST + 1)
    expect(texts(cut([...many, entry('kept', true)])).at(-1)).toBe('kept')
  })

  it('is searched by words', () => {
    expect(texts(matching([entry('rate(node_cpu[5m])'), entry('node_load1')], 'NODE rate'))).toEqual(['rate(node_cpu[5m])'])
  })
})
