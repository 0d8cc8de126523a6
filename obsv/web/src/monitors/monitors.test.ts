import { describe, expect, it } from 'vitest'
import { byUrgency, certificateWords, daysLeft, says, share, targetWords } from './words'

const DAY_MS = 86_400_000

describe('what is told of monitors', () => {
  it.each([
    [null, '–'],
    [1, '100 %'],
    [0.99999, '99.99 %'],
    [0.9996, '99.96 %'],
    [0.998765, '99.87 %'],
    [0.95126, '95.12 %'],
    [0.5, '50.0 %'],
    [0, '0.0 %'],
  ])('an availability of %s', (ratio, text) => {
    expect(share(ratio).replace('\u00a0', ' ')).toBe(text)
  })

  it('a certificate holds for whole days, or has ended', () => {
    expect([daysLeft(10.9 * DAY_MS, 0), daysLeft(-1, 0)]).toEqual([10, -1])
    expect([certificateWords(DAY_MS, 0), certificateWords(12 * DAY_MS, 0), certificateWords(-1, 0)]).toEqual(['1 day', '12 days', 'ended'])
  })

  it('what is wrong comes first', () => {
    const all = [
      { name: 'b', state: 'up' },
      { name: 'a', state: 'paused' },
      { name: 'd', state: 'unknown' },
      { name: 'c', state: 'down' },
    ] as const
    expect(all.toSorted(byUrgency).map(({ name }) => name)).toEqual(['c', 'd', 'a', 'b'])
  })

  it('every word is found, in name, target or tags', () => {
    const shop = { name: 'Shop', target: 'https://shop.example.com/', tags: ['web'] }
    expect([says(shop, 'WEB shop'), says(shop, ''), says(shop, 'shop mail')]).toEqual([true, true, false])
  })

  it("a heartbeat's period is told in words", () => {
    expect(targetWords('heartbeat', '86400s').replace('\u00a0', ' ')).toBe('every 1 d')
    expect([targetWords('heartbeat', '30 4 * * *'), targetWords('ping', '60s')]).toEqual(['30 4 * * *', '60s'])
  })
})
