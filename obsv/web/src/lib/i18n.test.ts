import { afterEach, describe, expect, it } from 'vitest'
import { count, moment, percent } from './format'
import { speak, t, tn } from './i18n'
import { understood } from './languages'

const POLISH = { '{n} hosts': { one: '{n} host', few: '{n} hosty', many: '{n} hostów', other: '{n} hosta' } }

afterEach(() => {
  speak('en')
})

describe('a text', () => {
  it('is its own key in English, with what is named filled in', () => {
    expect(t('Revoke {name}', { name: 'a{b}' })).toBe('Revoke a{b}')
    expect(t('{missing} stays')).toBe('{missing} stays')
  })

  it('comes from the catalogue, or is English where that has none', () => {
    speak('de', { 'Revoke {name}': '{name} widerrufen' })
    expect(t('Revoke {name}', { name: 'x' })).toBe('x widerrufen')
    expect(t('Hosts')).toBe('Hosts')
    expect(t('constructor')).toBe('constructor')
  })

  it('has the forms that its language counts by', () => {
    expect([0, 1, 2].map((n) => tn(n, '{n} host', '{n} hosts'))).toEqual(['0 hosts', '1 host', '2 hosts'])
    speak('pl', POLISH)
    expect([1, 3, 5].map((n) => tn(n, '{n} host', '{n} hosts'))).toEqual(['1 host', '3 hosty', '5 hostów'])
    expect([1, 2].map((n) => tn(n, '{n} run', '{n} runs'))).toEqual(['1 run', '2 runs'])
  })
})

describe('numbers and dates', () => {
  it('are written as the language does', () => {
    const now = Date.UTC(2026, 2, 23, 12)
    speak('de')
    expect(percent(0.1234)).toBe('12,3\u00a0%')
    expect(count(1500)).toBe('1,5\u00a0k')
    expect(t('{n} more', { n: 1.5 })).toBe('1,5 more')
    expect(moment(now - 3 * 86_400_000, now)).toMatch(/^Fr \d\d:00$/)
    expect(moment(now - 9 * 86_400_000, now)).toMatch(/^14\. März \d\d:00$/)
  })
})

describe('the browser', () => {
  it.each([
    [['de-AT', 'en'], 'de'],
    [['fr', 'de'], 'de'],
    [['en-US', 'de'], 'en'],
    [['xx'], 'en'],
    [[], 'en'],
  ])('that wants %j is spoken to in %s', (tags, language) => {
    expect(understood(tags)).toBe(language)
  })
})
