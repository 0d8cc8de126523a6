import { describe, expect, it } from 'vitest'
import { masked, padded, referencesIn, unmasked } from './references'

describe('variables while they are written', () => {
  it('knows durations from operands', () => {
    const places = (text: string): string[] => referencesIn(text).map(({ place }) => place)
    expect(places('rate(x[$__rate_interval])')).toEqual(['duration'])
    expect(places('x offset -$shift > ${least:raw}')).toEqual(['duration', 'operand'])
    expect(places('x[${__range_s}s:$step]')).toEqual(['digits', 'duration'])
    expect(places('sum by ($label) ([[metric]]{a="$b"}) # $c')).toEqual(['operand', 'operand'])
  })

  it('keeps every place where it is', () => {
    const text = 'topk($n, rate(${metric}[$__rate_interval] offset $o))'
    for (const reading of ['name', 'number'] as const) expect(padded(text, reading)).toHaveLength(text.length)
    expect(padded('x[$a]', 'name')).toBe('x[5m]')
    expect(padded('x[$__interval]', 'name')).toBe('x[0000000005m]')
    expect(padded('$xy + 1', 'name')).toBe('xxx + 1')
    expect(padded('$xy + 1', 'number')).toBe('111 + 1')
  })

  it('leaves strings and comments alone', () => {
    expect(padded(`x{a="$b", c='\\'$d'} # $e`, 'name')).toBe(`x{a="$b", c='\\'$d'} # $e`)
  })

  it('finds what it masked', () => {
    const found = masked('sum by($label)(rate($metric[$__rate_interval]))', 'name')
    expect(found?.text).toBe('sum by(obsv_variable_0_)(rate(obsv_variable_1_[70015d]))')
    expect(unmasked('sum by (obsv_variable_0_) (\n  rate(obsv_variable_1_[70015d])\n)', found?.marks ?? new Map())).toBe('sum by ($label) (\n  rate($metric[$__rate_interval])\n)')
    expect(unmasked('lost', found?.marks ?? new Map())).toBeUndefined()
  })
})
