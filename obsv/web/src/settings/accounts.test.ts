import { describe, expect, it } from 'vitest'
import { actionsFor, type Account } from './accounts'

const ANN: Account = {
  id: 'usr_1',
  name: 'Ann',
  email: 'ann@example.org',
  status: 'active',
  is_instance_admin: false,
  has_verified_email: true,
  has_second_factor: false,
  organisations: 1,
  created_at_ms: 0,
  last_seen_at_ms: null,
  factors_gone_at_ms: null,
}

function paths(change: Partial<Account>, isMe = false): string[] {
  return actionsFor({ ...ANN, ...change }, isMe).map(({ method, path }) => `${method} ${path}`)
}

describe('what can be done with an account', () => {
  it('depends on its state', () => {
    expect(paths({})).toEqual(['POST send-reset', 'PUT instance-admin', 'POST disable'])
    expect(paths({ status: 'disabled' })).toEqual(['PUT instance-admin', 'POST enable'])
    expect(paths({ last_seen_at_ms: 1, has_second_factor: true })).toContain('POST factors/removal')
    expect(paths({ factors_gone_at_ms: 1, has_second_factor: true })).toContain('DELETE factors/removal')
  })
  it('is never to shut oneself out', () => {
    expect(paths({ is_instance_admin: true }, true)).toEqual(['POST send-reset'])
  })
})
