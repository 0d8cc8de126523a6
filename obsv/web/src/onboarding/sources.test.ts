import { describe, expect, it } from 'vitest'
import { isLoopback, SOURCES, sourceOf } from './sources'

const textOf = (name: string, base: string, token: string): string => sourceOf(name).snippets(base, token)[0]?.text ?? ''

describe('what is pasted', () => {
  it('is for the agent a command that a shell reads as it is meant', () => {
    expect(textOf('agent', 'https://obsv.example', 'obsv_ing_x')).toBe(
      'curl -fsS https://obsv.example/agent.pyz -o obsv-agent.pyz && \\\n' +
        '  python3 obsv-agent.pyz --url https://obsv.example \\\n' +
        '  --token obsv_ing_x',
    )
    expect(textOf('agent', 'http://a/$(id)', "it's")).toContain(`'http://a/$(id)' \\\n  --token 'it'\\''s'`)
  })

  it.each(SOURCES.map(({ name }) => name))('has for %s the address and the token in each', (name) => {
    for (const { text } of sourceOf(name).snippets('https://obsv.example', 'obsv_ing_x')) {
      expect(text).toContain('https://obsv.example')
      expect(text).toContain('obsv_ing_x')
    }
  })

  it('is for the agent where an address names no way', () => {
    expect(sourceOf('nothing').name).toBe('agent')
  })
})

it.each([
  ['http://localhost:8450', true],
  ['http://127.0.0.1:8450', true],
  ['http://[::1]:8450', true],
  ['https://obsv.example', false],
  ['http://192.168.1.5:8450', false],
  ['http://localhost.example', false],
])('%s leads to this machine only: %s', (url, expected) => {
  expect(isLoopback(url)).toBe(expected)
})
