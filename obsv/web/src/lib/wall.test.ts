import { afterEach, describe, expect, it } from 'vitest'
import { timeTick } from '../charts/scale'
import { clockTime, day, moment } from './format'
import { formatUnit } from './units/format'
import { fromLocalInput, rangeOf, spanAt, toLocalInput } from './time'
import { fromWall, localDate, wall } from './wall'
import { showIn, zone } from './zone.svelte'

afterEach(() => {
  ;[zone.chosen, zone.pages, zone.clock] = ['', '', '']
})

const NOON = Date.UTC(2026, 0, 15, 12)
const span = (from: string, to: string, nowMs: number) => {
  const range = rangeOf(from, to)
  if (!range) throw new Error('no range')
  const { fromMs, toMs } = spanAt(range, nowMs)
  return [fromMs, toMs].map((ms) => new Date(ms).toISOString())
}

describe('a zone', () => {
  it.each([
    ['Europe/Berlin', '13:00'],
    ['America/New_York', '07:00'],
    ['Asia/Kathmandu', '17:45'],
    ['UTC', '12:00'],
  ])('%s has its own time', (name, time) => {
    zone.chosen = name
    expect(clockTime(NOON)).toBe(time)
    expect(timeTick(NOON / 1000, 3600)).toBe(time)
    const at = localDate(NOON)
    expect(`${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`).toBe(time)
    expect(fromWall(wall(NOON).getTime())).toBe(NOON)
    expect(fromLocalInput(toLocalInput(NOON))).toBe(NOON)
  })

  it('decides which day it is', () => {
    zone.chosen = 'Pacific/Auckland'
    expect(day(NOON, NOON)).toBe('16 Jan')
    expect(moment(Date.UTC(2026, 0, 15, 10), NOON)).toBe('Thu 23:00')
    expect(formatUnit(NOON, 'time:YYYY-MM-DD HH:mm ddd')).toBe('2026-01-16 01:00 Fri')
  })

  it('may be a page\'s own, if there is such a one', () => {
    zone.chosen = 'Europe/Berlin'
    showIn('Asia/Tokyo')
    expect(clockTime(NOON)).toBe('21:00')
    showIn('Mars/Olympus')
    expect(clockTime(NOON)).toBe('13:00')
  })

  it('begins its days where its midnight is, also when the clock is changed', () => {
    zone.chosen = 'Europe/Berlin'
    const changed = Date.UTC(2026, 2, 29, 12)
    expect(span('now/d', 'now/d', changed)).toEqual(['2026-03-28T23:00:00.000Z', '2026-03-29T21:59:59.999Z'])
    expect(span('now-1d/d', 'now-1d/d', changed)).toEqual(['2026-03-27T23:00:00.000Z', '2026-03-28T22:59:59.999Z'])
    expect(span('2026-03-29', '2026-03-29T12:00', changed)).toEqual(['2026-03-28T23:00:00.000Z', '2026-03-29T10:00:00.000Z'])
    expect(span('2026-03-29T00:00:00Z', '2026-03-29T12:00:00+01:00', changed)).toEqual(['2026-03-29T00:00:00.000Z', '2026-03-29T11:00:00.000Z'])
  })
})

describe('a clock', () => {
  it('has twelve hours for who wants them', () => {
    ;[zone.chosen, zone.clock] = ['UTC', '12']
    const hours = [0, 9, 12, 23].map((hour) => clockTime(Date.UTC(2026, 0, 15, hour, 5, 7), hour === 9))
    expect(hours).toEqual(['12:05\u00a0am', '9:05:07\u00a0am', '12:05\u00a0pm', '11:05\u00a0pm'])
  })
})
