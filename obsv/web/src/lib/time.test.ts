import { describe, expect, it } from 'vitest'
import { aligned, durationS, durationText, narrowed, parseRange, rateWindowS, shifted, spanAt, stepFor, widened, youngFrom } from './time'

const range = (query: string) => parseRange(new URLSearchParams(query))
const HOUR = 3_600_000

describe('the range of an address', () => {
  const usual = { from: 'now-1h', to: 'now', isMoving: true }

  it('moves, is fixed, or else the last hour', () => {
    expect(range('')).toEqual(usual)
    expect(range('from=now-6h')).toEqual({ from: 'now-6h', to: 'now', isMoving: true })
    expect(range('from=1000&to=5000')).toEqual({ from: '1000', to: '5000', isMoving: false })
    expect(range('from=2026-01-02&to=2026-01-03').isMoving).toBe(false)
  })

  it('is a page\'s own where the address says nothing', () => {
    expect(parseRange(new URLSearchParams(), { from: 'now-2d/d', to: 'now/d' })).toMatchObject({ from: 'now-2d/d', to: 'now/d' })
    expect(parseRange(new URLSearchParams('from=x'), { from: 'nonsense', to: 'now' })).toEqual(usual)
  })

  it.each(['from=now-0h', 'from=now-9999w', 'from=yesterday', 'from=5000&to=1000', 'from=-1&to=5', 'from=1000', 'from=now-1h&to=later'])(
    '%s cannot be read',
    (query) => {
      expect(range(query)).toEqual(usual)
    },
  )

  it.each([
    ['now/d', 'now', [2026, 10, 25], [2026, 10, 25, 14, 5]],
    ['now-1d/d', 'now-1d/d', [2026, 10, 24], [2026, 10, 24, 23, 59, 59, 999]],
    ['now/w', 'now/w', [2026, 10, 23], [2026, 10, 29, 23, 59, 59, 999]],
    ['now-1M/M', 'now/M', [2026, 9, 1], [2026, 10, 30, 23, 59, 59, 999]],
    ['now-1h-30m', 'now+5m', [2026, 10, 25, 12, 35], [2026, 10, 25, 14, 10]],
  ] as const)('%s to %s', (from, to, start, end) => {
    const at = (parts: readonly number[]) => new Date(...(parts as [number, number])).getTime()
    const now = at([2026, 10, 25, 14, 5])
    expect(spanAt({ from, to, isMoving: true }, now)).toEqual({ fromMs: at(start), toMs: at(end) })
  })

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

  it('looks back over more than a step, and two minutes at least', () => {
    expect(rateWindowS(5)).toBe(120)
    expect(rateWindowS(600)).toBe(630)
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
    const at = (from: number, to: number) => ({ ...fixed(from, to), isMoving: false })
    expect(widened(range('from=now-1h'), now)).toEqual({ from: 'now-120m', to: undefined })
    expect(widened(at(2_000_000, 4_000_000), now)).toEqual(fixed(1_000_000, 5_000_000))
    expect(widened(at(8_000_000, 9_500_000), now)).toEqual(fixed(7_000_000, now))
  })

  it('and narrowed to half', () => {
    expect(narrowed(range('from=now-1h'), now)).toEqual({ from: 'now-1800s', to: undefined })
    expect(narrowed({ ...fixed(1_000_000, 3_000_000), isMoving: false }, now)).toEqual(fixed(1_500_000, 2_500_000))
  })
})

describe('durations', () => {
  it.each([
    ['90s', 90],
    ['1h30m', 5400],
    ['250ms', 0.25],
    ['15', 15],
    ['1w', 604_800],
    ['', undefined],
    ['5 m', undefined],
  ])('%s', (text, seconds) => {
    expect(durationS(text)).toBe(seconds)
  })

  it('are written short', () => {
    expect([15, 60, 5400, 3600, 86_400, 0.5].map(durationText)).toEqual(['15s', '1m', '90m', '1h', '1d', '500ms'])
  })
})
