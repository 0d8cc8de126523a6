import { describe, expect, it } from 'vitest'
import { agentCommand, isLoopback } from './agent'

describe('the command for a host', () => {
  it('is one that a shell reads as it is meant', () => {
    expect(agentCommand('https://obsv.example/', 'obsv_ing_x')).toBe(
      'curl -fsS https://obsv.example/agent.pyz -o obsv-agent.pyz && \\\n' +
        '  python3 obsv-agent.pyz --url https://obsv.example \\\n' +
        '  --token obsv_ing_x',
    )
    expect(agentCommand('http://a/$(id)', "it's")).toContain(`'http://a/$(id)' \\\n  --token 'it'\\''s'`)
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
})
