/** The command that brings a host in. */

import { call } from './api'
import { t } from './i18n'
import type { CreatedToken } from './types'

function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** Whether an address leads to this machine itself, so that no other one can use it. */
export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || host.startsWith('127.')
}

/** On three lines, so that it is read before it is pasted. */
export function agentCommand(baseUrl: string, token: string): string {
  const base = baseUrl.replace(/\/+$/, '')
  return (
    `curl -fsS ${shellQuoted(`${base}/agent.pyz`)} -o obsv-agent.pyz && \\\n` +
    `  python3 obsv-agent.pyz --url ${shellQuoted(base)} \\\n` +
    `  --token ${shellQuoted(token)}`
  )
}

/** A token that can do nothing but send metrics. */
export function createAgentToken(): Promise<CreatedToken> {
  const name = t('Agent, made {when} UTC', { when: new Date().toISOString().slice(0, 16).replace('T', ' ') })
  return call<CreatedToken>('/api/obsv/v1/tokens', {
    method: 'POST',
    body: { name, scopes: ['metrics:write'], expires_days: null },
  })
}
