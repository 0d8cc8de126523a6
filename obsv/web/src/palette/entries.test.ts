import { describe, expect, it } from 'vitest'
import { found, type Entry } from './entries'

const entry = (label: string, hint = ''): Entry => ({ id: label, label, hint, kind: 'place', icon: 'search', does: '/app' })
const labels = (entries: readonly Entry[]): string[] => entries.map(({ label }) => label)

const all = [entry('Overview'), entry('db-web'), entry('Web servers', 'Production'), entry('web'), entry('cobweb')]

describe('the command palette', () => {
  it('puts the name itself first, then beginnings, beginnings of words, and what is within', () => {
    expect(labels(found(all, 'web'))).toEqual(['web', 'Web servers', 'db-web', 'cobweb'])
  })

  it('wants every word, wherever it stands', () => {
    expect(labels(found(all, 'prod serv'))).toEqual(['Web servers'])
    expect(found(all, 'web nothing')).toEqual([])
  })

  it('shows all as they stand until something is typed', () => {
    expect(labels(found(all, '  '))).toEqual(labels(all))
  })
})
