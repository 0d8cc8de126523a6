import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { detailWords, EVENTS, eventWords } from './events'

describe('an event', () => {
  it('is told in words', () => {
    expect(eventWords('member.role_changed')).toBe('Member: role changed')
    expect(eventWords('auth.login.failure')).toBe('Auth: login failure')
  })
  it('has details in words', () => {
    expect(detailWords({ role_before: 'viewer', scopes: ['a', 'b'], counts: { x: 1 } })).toBe('role before viewer · scopes a b · counts {"x":1}')
  })

  it('has its words in the catalogue, whichever the server may write', () => {
    const source = readFileSync(new URL('../../../audit/events.py', import.meta.url), 'utf-8')
    const written = [...source.matchAll(/"([a-z_]+\.[a-z_.]+)"/g)].map(([, event = '']) => event)
    expect(written.length).toBeGreaterThan(80)
    expect(written.filter((event) => !EVENTS.has(eventWords(event)))).toEqual([])
  })
})
