import { describe, expect, it } from 'vitest'
import { asked, filtersOf } from './logs'

describe('the filters of a log', () => {
  it('come from the address, and only those that the page knows', () => {
    expect(filtersOf(new URLSearchParams('event=token.&actor=&x=1'), ['event', 'actor'])).toEqual({ event: 'token.' })
  })
  it('turn the fields of a form into milliseconds', () => {
    expect(asked({ actor: 'a', since: '2026-11-23T10:00', until: 'no time' })).toEqual({
      actor: 'a',
      since_ms: String(Date.parse('2026-11-23T10:00')),
    })
  })
})
