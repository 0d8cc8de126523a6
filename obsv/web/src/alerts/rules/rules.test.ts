import { describe, expect, it } from 'vitest'
import { ApiError } from '../../lib/api'
import type { RuleDocument } from './api'
import { draftOf, fixedOf, freshDraft, groupWith, isOnlyPaused, ruleOf, wishOf } from './draft'
import { barsOf } from './timeline'
import { lineWords, says, seriesName, stateOf, told, trialWords } from './words'

const FULL: RuleDocument = {
  alert: 'DiskFull',
  expr: 'disk > 90',
  for: '5m',
  keep_firing_for: '1h',
  labels: { severity: 'critical', team: 'db' },
  annotations: { summary: 'full', description: 'very', runbook_url: 'https://example.org/' },
  no_data: 'ok',
  on_error: 'alert',
  paused: true,
  id: 'rul_1',
}

function draftless(change: Partial<RuleDocument>): RuleDocument {
  return { alert: 'A', expr: 'a', ...change, id: 'rul_1' }
}

describe('a draft', () => {
  it('becomes the rule that it was made from', () => {
    expect(ruleOf(draftOf(FULL))).toEqual(FULL)
    const recorded = { record: 'a:b', expr: 'sum(b)', labels: { team: 'db' }, id: 'rul_2' }
    expect(ruleOf(draftOf(recorded))).toEqual(recorded)
  })
  it('leaves out what is empty', () => {
    const draft = { ...freshDraft(' up == 0 '), name: ' Down ', holds: ' ', severity: '', labels: [{ name: '', value: 'x' }, { name: 'y', value: '' }] }
    expect(ruleOf(draft)).toEqual({ alert: 'Down', expr: 'up == 0', no_data: 'keep', on_error: 'keep' })
  })
  it('has no variables of a chart', () => {
    expect(fixedOf('rate(a[$__rate_interval]) + rate(b[${__range}]) + $__intervals')).toBe('rate(a[5m]) + rate(b[1h]) + $__intervals')
  })
  it('knows a pause from another change', () => {
    expect(isOnlyPaused(draftless({ paused: true }), draftless({}))).toBe(true)
    expect(isOnlyPaused(draftless({ paused: true }), draftless({ for: '1m' }))).toBe(false)
  })
  it('stands in its place of the group, or at the end', () => {
    const group = { name: 'g', rules: [{ expr: 'a', id: 'x' }, { expr: 'b', id: 'y' }] }
    expect(groupWith(group, { expr: 'c', id: 'x' }, '30s')).toEqual({ name: 'g', interval: '30s', rules: [{ expr: 'c', id: 'x' }, { expr: 'b', id: 'y' }] })
    expect(groupWith(group, { expr: 'c' }, '').rules?.map(({ expr }) => expr)).toEqual(['a', 'b', 'c'])
  })
})

describe('a rule', () => {
  it('has its error as its state unless it is paused', () => {
    expect(stateOf({ state: 'firing', health: 'err' })).toBe('error')
    expect(stateOf({ state: 'paused', health: 'err' })).toBe('paused')
    expect(stateOf({ state: 'pending', health: 'ok' })).toBe('pending')
  })
  it('is found by words of name, group, labels and expression', () => {
    expect(says({ rule: FULL, group: 'Hosts' }, 'diskfull hosts DB 90')).toBe(true)
    expect(says({ rule: FULL, group: 'Hosts' }, 'memory')).toBe(false)
  })
  it('is refused without where in the group it stands', () => {
    const error = new ApiError(422, 'Invalid', 'all', 'bad_rules', 'r', [{ pointer: '/rules/0', detail: 'has no name' }, { pointer: '/interval', detail: 'is short' }])
    expect(told(error)).toEqual({ title: 'Invalid', detail: 'has no name; interval is short', requestId: 'r' })
    expect(told(new ApiError(409, 'Conflict', 'taken')).detail).toBe('taken')
  })
})

describe('a trial', () => {
  it('is told in a sentence', () => {
    expect(trialWords({ fired: 0, firing_s: 0, notifications: 0 })).toBe('It would not have fired.')
    expect(trialWords({ fired: 1, firing_s: 60, notifications: 2 })).toMatch(/^It would have fired 1 time, for 1.min: 2 notifications\.$/)
    expect(trialWords({ fired: 3, firing_s: 60, notifications: 1 })).toMatch(/^It would have fired 3 times, for 1.min in all: 1 notification\.$/)
    expect(lineWords({ fired: 0, firing_s: 0, firings: [{ active_at_ms: 1, fired_at_ms: 0, ended_at_ms: 2, is_over: true }] })).toBe('1 time pending only')
    expect(seriesName({ alertname: 'A', severity: 'x', host: 'db', job: 'n' })).toBe('host=db job=n')
  })
  it('has a bar for what was pending and for what fired', () => {
    const firing = { active_at_ms: 100, fired_at_ms: 150, ended_at_ms: 200, is_over: true }
    expect(barsOf([firing], 0, 200)).toEqual([
      { kind: 'pending', left: 50, width: 25 },
      { kind: 'firing', left: 75, width: 25 },
    ])
    expect(barsOf([{ ...firing, fired_at_ms: 0 }], 0, 400)).toEqual([{ kind: 'pending', left: 25, width: 25 }])
  })
  it('has bars that are seen and stay within the line', () => {
    const [bar] = barsOf([{ active_at_ms: 1000, fired_at_ms: 1000, ended_at_ms: 1000, is_over: false }], 0, 1000)
    expect(bar?.width).toBeGreaterThan(0)
    expect((bar?.left ?? 0) + (bar?.width ?? 0)).toBeLessThanOrEqual(100)
  })

  it('an address may say more of a new rule', () => {
    expect(freshDraft('up == 0', wishOf(new URLSearchParams('expr=x&name=Down&for=0s&no_data=ok')))).toMatchObject({ name: 'Down', holds: '0s', severity: 'warning', noData: 'ok' })
    expect(freshDraft('up == 0', wishOf(new URLSearchParams('')))).toEqual(freshDraft('up == 0'))
  })
})
