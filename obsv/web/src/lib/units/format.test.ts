import { describe, expect, it } from 'vitest'
import { formatUnit, writeValue } from './format'

const plain = (text: string): string => text.replaceAll('\u00a0', ' ')

describe('values by unit', () => {
  it.each<[string | null, number, string]>([
    [null, 0, '0'],
    [null, 0.38, '0.38'],
    [null, 1234, '1.23 k'],
    [null, 0.00042, '0.00042'],
    ['none', 123456, '123456'],
    ['short', 1_230_000, '1.23 Mil'],
    ['percent', 12.345, '12.3 %'],
    ['percentunit', 0.12345, '12.3 %'],
    ['bytes', 512, '512 B'],
    ['bytes', 1536, '1.5 KiB'],
    ['bytes', 1023.9, '1 KiB'],
    ['bytes', 0.5, '0.5 B'],
    ['decbytes', 1_500_000, '1.5 MB'],
    ['mbytes', 2048, '2 GiB'],
    ['mbytes', 0.5, '512 KiB'],
    ['Bps', 1_230_000, '1.23 MB/s'],
    ['Bps', 0.25, '0.25 B/s'],
    ['bps', 999_600, '1 Mb/s'],
    ['s', 0.0042, '4.2 ms'],
    ['s', 0, '0 s'],
    ['s', 90, '1.5 min'],
    ['ms', 1500, '1.5 s'],
    ['s', 200_000, '2.31 d'],
    ['dtdurations', 93_784, '1 d 2 h'],
    ['dtdurations', -60, '-1 min'],
    ['clocks', 3723, '01h:02m:03s'],
    ['dthms', 93_784, '26:03:04'],
    ['dtdhms', 93_784, '1 d 02:03:04'],
    ['ops', 1234, '1.23 K ops/s'],
    ['currencyUSD', 1234, '$1.23 K'],
    ['currencyEUR', 12.5, '€12.5'],
    ['volt', 0.012, '12 mV'],
    ['celsius', 42.34, '42.3 °C'],
    ['bool_yes_no', 1, 'Yes'],
    ['hex0x', 255, '0xFF'],
    ['sci', 1234, '1.23e+3'],
    ['suffix:req', 5, '5 req'],
    ['si:mV', 1500, '1.5 V'],
    ['bool:up/down', 0, 'down'],
    ['widgets', 7, '7 widgets'],
    ['time:YYYY', new Date(2026, 5, 1).getTime(), '2026'],
  ])('%s %d', (unit, value, told) => {
    expect(plain(formatUnit(value, unit))).toBe(told)
  })

  it('keep the decimals that are asked for', () => {
    expect(plain(formatUnit(1536, 'bytes', 3))).toBe('1.500 KiB')
    expect(plain(formatUnit(12, 'percent', 0))).toBe('12 %')
  })

  it('say what is no number', () => {
    expect([null, NaN, Infinity, -Infinity].map((value) => formatUnit(value, 'bytes'))).toEqual(['–', 'NaN', '∞', '-∞'])
  })

  it('come in parts', () => {
    expect(writeValue(5, 'currencyUSD')).toEqual({ prefix: '$', number: '5', suffix: '' })
  })

  it('tell the time alone today', () => {
    const now = new Date(2026, 10, 23, 14, 5).getTime()
    expect(writeValue(now, 'dateTimeAsIsoNoDateIfToday', null, now).number).toBe('14:05:00')
    expect(writeValue(now - 86_400_000, 'dateTimeAsIsoNoDateIfToday', null, now).number).toBe('2026-11-22 14:05:00')
    expect(writeValue(now - 7_200_000, 'dateTimeFromNow', null, now).number).toBe('2\u00a0h ago')
  })
})
