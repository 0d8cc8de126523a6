import { expect, it } from 'vitest'
import { agentCommand } from './agent'
import { quoted, selector } from './promql'

it('label values cannot leave their quotes', () => {
  expect(quoted('a"b\\c\nd')).toBe('"a\\"b\\\\c\\nd"')
  expect(selector({ instance: 'a"b', job: 'node' }, 'mode!="idle"')).toBe('{instance="a\\"b",job="node",mode!="idle"}')
})

it('the command that brings a host in can be pasted into a shell', () => {
  expect(agentCommand('http://obsv.example:8450/', 'obsv_ing_x')).toBe(
    'curl -fsS http://obsv.example:8450/agent.pyz -o obsv-agent.pyz && ' +
      'python3 obsv-agent.pyz --url http://obsv.example:8450 --token obsv_ing_x',
  )
  expect(agentCommand("http://it's", 't')).toContain(`'http://it'\\''s/agent.pyz'`)
})
