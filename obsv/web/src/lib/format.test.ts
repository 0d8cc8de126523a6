import { describe, expect, it } from 'vitest'
import { ago, celsius, count, digits, duration, iec, moment, percent, si } from './format'

const plain = (text: string): string => text.replaceAll('\u00a0', ' ')

describe('numbers', () => {
  it.each([
    [0, '0'],
    [0.0123, '0.012'],
    [0.5, '0.5'],
    [9.996, '10'],
    [12.34, '12.3'],
    [123.4, '123'],
    [-1.234, '-1.23'],
  ])('%d has three digits at most', (value, text) => {
    expect(digits(value)).toBe(text)
  })

  it('rates are decimal, memory is binary, and neither says 1000 of the smaller unit', () => {
    expect(plain(si(1_230_000, 'B/s'))).toBe('1.23 MB/s')
    expect(plain(si(999.6, 'B/s'))).toBe('1 kB/s')
    expect(plain(iec(1.5 * 2 ** 30))).toBe('1.5 GiB')
    expect(plain(iec(1023.9))).toBe('1 KiB')
    expect(plain(percent(0.1234))).toBe('12.3 %')
    expect(plain(count(12))).toBe('12')
    expect(plain(count(1_500_000))).toBe('1.5 M')
    expect(plain(celsius(48.25))).toBe('48.3 °C')
  })

  it.each([null, undefined, Number.NaN, Infinity])('%s is a dash', (value) => {
    expect([si(value, 'B'), iec(value), percent(value), count(value), duration(value)]).toEqual(['–', '–', '–', '–', '–'])
  })
})

describe('times', () => {
  it('a length has its two largest units', () => {
    expect(plain(duration(0))).toBe('0 s')
    expect(plain(duration(59.9))).toBe('59 s')
    expect(plain(duration(3600))).toBe('1 h')
    expect(plain(duration(3 * 86_400 + 4 * 3600 + 59))).toBe('3 d 4 h')
  })

  it('the past is told in one unit', () => {
    expect(ago(0, 4000)).toBe('just now')
    expect(plain(ago(0, 125_000))).toBe('2 min ago')
  })

  it('a moment says as much of its day as the distance asks for', () => {
    const now = new Date(2026, 10, 23, 14, 5).getTime()
    expect(moment(new Date(2026, 10, 23, 9, 7, 8).getTime(), now)).toBe('09:07')
    expect(moment(new Date(2026, 10, 23, 9, 7, 8).getTime(), now, true)).toBe('09:07:08')
    expect(moment(new Date(2026, 10, 20, 9, 7).getTime(), now)).toBe('Fri 09:07')
    expect(moment(new Date(2026, 9, 1, 9, 7).getTime(), now)).toMatch(/^1 Oct( \d{4})? 09:07$/)
  })
})
