import { describe, expect, it } from 'vitest'
import { aligned, parseRange, rateWindow, shifted, spanAt, stepFor, widened, youngFrom } from './time'

const range = (query: string) => parseRange(new URLSearchParams(query))
const HOUR = 3_600_000

describe('the range of an address', () => {
  it('is relative, absolute, or else the last hour', () => {
    expect(range('')).toEqual({ kind: 'relative', from: 'now-1h', lengthMs: HOUR })
    expect(range('from=now-6h')).toEqual({ kind: 'relative', from: 'now-6h', lengthMs: 6 * HOUR })
    expect(range('from=1000&to=5000')).toEqual({ kind: 'absolute', fromMs: 1000, toMs: 5000 })
  })

  it.each(['from=now-0h', 'from=now-9999w', 'from=yesterday', 'from=5000&to=1000', 'from=-1&to=5', 'from=1000'])(
    '%s cannot be read',
    (query) => {
      expect(range(query)).toEqual(range(''))
    },
  )

  it('begins short for a host that has just arrived', () => {
    expect([1, 5, 6, 15, 16].map(youngFrom)).toEqual(['now-5m', 'now-5m', 'now-15m', 'now-15m', undefined])
  })

  it('moves with the clock only when it is relative', () => {
    expect(spanAt(range('from=now-1h'), 2 * HOUR)).toEqual({ fromMs: HOUR, toMs: 2 * HOUR })
    expect(spanAt(range('from=1&to=2'), 2 * HOUR)).toEqual({ fromMs: 1, toMs: 2 })
  })
})

describe('the grid of a chart', () => {
  it('has about a point for each pixel and a half, and never more than the sender sends', () => {
    expect(stepFor({ fromMs: 0, toMs: HOUR }, 600)).toBe(10)
    expect(stepFor({ fromMs: 0, toMs: 60_000 }, 600)).toBe(5)
    expect(stepFor({ fromMs: 0, toMs: 30 * 24 * HOUR }, 600)).toBe(7200)
    expect(stepFor({ fromMs: 0, toMs: 400 * 24 * HOUR }, 0)).toBe(8 * 86_400)
  })

  it('stays where it is while time goes on', () => {
    expect(aligned({ fromMs: 1_001, toMs: 61_001 }, 10)).toEqual({ fromMs: 10_000, toMs: 60_000 })
  })

  it('looks back over four steps, and two minutes at least', () => {
    expect(rateWindow(5)).toBe('120s')
    expect(rateWindow(60)).toBe('240s')
  })
})

describe('a range is moved and widened', () => {
  const now = 10_000_000
  const fixed = (from: number, to: number) => ({ from: String(from), to: String(to) })

  it('by half its length, and not into the future', () => {
    const span = { fromMs: 1_000_000, toMs: 3_000_000 }
    expect(shifted(span, -1, now)).toEqual(fixed(0, 2_000_000))
    expect(shifted(span, 1, now)).toEqual(fixed(2_000_000, 4_000_000))
    expect(shifted({ fromMs: 8_000_000, toMs: 9_900_000 }, 1, now)).toEqual(fixed(8_100_000, now))
  })

  it('to twice its length, and what ends now still does', () => {
    expect(widened(parseRange(new URLSearchParams('from=now-1h')), now)).toEqual({ from: 'now-120m', to: undefined })
    expect(widened({ kind: 'absolute', fromMs: 2_000_000, toMs: 4_000_000 }, now)).toEqual(fixed(1_000_000, 5_000_000))
    expect(widened({ kind: 'absolute', fromMs: 8_000_000, toMs: 9_500_000 }, now)).toEqual(fixed(7_000_000, now))
  })
})
