import { describe, expect, it } from 'vitest'
import { mailWords, slugOf } from './words'

describe('a name for the address', () => {
  it.each([
    ['Acme Shop', 'acme-shop'],
    ['  Größe & Maß!  ', 'groesse-mass'],
    ['Café déjà vu', 'cafe-deja-vu'],
    ['日本', ''],
    [`${'a'.repeat(47)} bcd`, 'a'.repeat(47)],
  ])('of %s', (title, slug) => {
    expect(slugOf(title)).toBe(slug)
  })
})

it('how far a mail is', () => {
  const mailing = { id: 'm', topic: '', state: 'done', total: 12, queued: 12, sent: 12, failed: 0, created_at_ms: 0 } as const
  expect(mailWords(mailing)).toBe('12 of 12 mails sent')
  expect(mailWords({ ...mailing, sent: 9, failed: 1, state: 'paused' })).toBe('9 of 12 mails sent, 1 failed, paused')
})
