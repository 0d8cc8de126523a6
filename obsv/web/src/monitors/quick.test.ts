import { describe, expect, it } from 'vitest'
import { addressOf, freeKey, keyOf, watching } from './quick'

describe('a monitor from an address', () => {
  it.each([
    ['example.com', 'https://example.com/'],
    [' http://example.com:8080/health ', 'http://example.com:8080/health'],
    ['localhost:3000', 'https://localhost:3000/'],
    ['ftp://example.com', undefined],
    ['two words', undefined],
    ['https://', undefined],
    ['', undefined],
  ])('%s', (text, address) => {
    expect(addressOf(text)?.href).toBe(address)
  })

  it('keys are made of names, and are free', () => {
    expect([keyOf('Über-Shop / Größe'), keyOf('日本')]).toEqual(['uber-shop-grosse', 'monitor'])
    expect(freeKey('Shop', new Set(['shop', 'shop-2']))).toBe('shop-3')
    expect(freeKey('New', new Set())).toBe('new-2')
  })

  it('is called by host and path, apart from those that are there', () => {
    const url = addressOf('example.com/health')
    if (!url) throw new Error('no address')
    const first = watching(url, [])
    expect(first).toEqual({ key: 'example-com-health', name: 'example.com/health', check: { kind: 'http', url: 'https://example.com/health' } })
    expect(watching(url, [first])).toMatchObject({ key: 'example-com-health-2', name: 'example.com/health (2)' })
  })
})
