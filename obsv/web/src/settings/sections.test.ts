import { describe, expect, it } from 'vitest'
import { rightsIn, SECTIONS, settingsPath, visible } from './sections'

function names(role: string, support_until_ms: number | null = null, runsInstance = false): string[] {
  const rights = rightsIn({ slug: 'acme', name: 'Acme', role, support_until_ms }, runsInstance)
  return visible(rights).flatMap(({ sections }) => sections.map((section) => section.name))
}

describe('the sections that somebody sees', () => {
  it('are their own and the general one for a viewer', () => {
    expect(names('viewer')).toEqual(['profile', 'security', 'devices', 'my-tokens', 'general'])
  })
  it('are all of the organisation for who administers it', () => {
    expect(names('admin')).toEqual(SECTIONS.filter(({ group }) => group !== 'Instance').map(({ name }) => name))
  })
  it('leave out for support what changes who gets in', () => {
    expect(names('admin', 1)).toEqual(['profile', 'security', 'devices', 'general', 'support', 'audit', 'access'])
  })
  it('have the instance for who runs it', () => {
    expect(names('viewer', null, true)).toContain('accounts')
  })
  it('have addresses', () => {
    expect(settingsPath('acme', 'audit')).toBe('/app/acme/settings/audit')
  })
  it('have names that no two share', () => {
    expect(new Set(SECTIONS.map(({ name }) => name)).size).toBe(SECTIONS.length)
  })
})
