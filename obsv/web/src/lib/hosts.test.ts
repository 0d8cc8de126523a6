import { describe, expect, it } from 'vitest'
import { highest, matching, parseSort, sorted, toggledSort } from './hosts'
import type { Host } from './types'

const host = (name: string, more: Partial<Host> = {}): Host =>
  ({ name, instance: `${name}:9100`, job: 'node', state: 'up', cpu_ratio: null, ...more }) as Host

const fleet = [host('web-10', { cpu_ratio: 0.2 }), host('web-2', { cpu_ratio: 0.9 }), host('db', { state: 'stale' })]
const names = (hosts: readonly Host[]): string[] => hosts.map(({ name }) => name)

describe('the host list', () => {
  it('counts as people do, and leaves hosts without a value last in both directions', () => {
    expect(names(sorted(fleet, parseSort(null)))).toEqual(['db', 'web-2', 'web-10'])
    expect(names(sorted(fleet, parseSort('cpu')))).toEqual(['web-10', 'web-2', 'db'])
    expect(names(sorted(fleet, parseSort('-cpu')))).toEqual(['web-2', 'web-10', 'db'])
  })

  it('begins with names upwards and figures downwards, then turns', () => {
    expect(toggledSort(parseSort(null), 'cpu')).toBe('-cpu')
    expect(toggledSort(parseSort('-cpu'), 'cpu')).toBe('cpu')
    expect(toggledSort(parseSort('-cpu'), 'name')).toBe('name')
    expect(parseSort('nonsense')).toEqual(parseSort(null))
  })

  it('finds by every word', () => {
    expect(names(matching(fleet, ' WEB node '))).toEqual(['web-10', 'web-2'])
    expect(names(matching(fleet, 'stale'))).toEqual(['db'])
    expect(matching(fleet, 'web stale')).toEqual([])
  })

  it('knows the busiest', () => {
    expect(highest(fleet, (one) => one.cpu_ratio)?.name).toBe('web-2')
    expect(highest(fleet, () => null)).toBeUndefined()
  })
})
