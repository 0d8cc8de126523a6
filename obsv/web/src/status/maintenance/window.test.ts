import { expect, it } from 'vitest'
import { movedEnd, usualWindow } from './window'

it('begins at a full hour, for an hour', () => {
  const { from, to } = usualWindow(Date.parse('2026-03-01T10:20:00Z'))
  expect([from, to].map((text) => text.slice(13))).toEqual([':00', ':00'])
  expect(Date.parse(`${to}Z`) - Date.parse(`${from}Z`)).toBe(3_600_000)
})

it('stays as long when it is moved', () => {
  expect(movedEnd('2026-03-01T10:00', '2026-03-02T22:30', '2026-03-01T11:15')).toBe('2026-03-02T23:45')
  expect(movedEnd('2026-03-01T10:00', '', '2026-03-01T11:15')).toBe('2026-03-01T11:15')
  expect(movedEnd('2026-03-01T10:00', '2026-03-02T22:30', '2026-03-01T09:00')).toBe('2026-03-01T09:00')
})
