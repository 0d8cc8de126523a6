import { describe, expect, it } from 'vitest'
import { catalogueOf, compare } from './catalogue.ts'
import { readSource } from './sources.ts'

const texts = (code: string, isSvelte = true) => readSource(code, isSvelte).found.map(({ text }) => text)
const problems = (code: string, isSvelte = true) => readSource(code, isSvelte).problems.map(({ what }) => what)

describe('the texts of a source', () => {
  it('are found in scripts, markup and attributes', () => {
    const code = `<script lang="ts">import { t } from 'x'; const a = (n: number): string => t(n > 1 ? 'Yes' : 'No')</script>
      <p title={t('Title {x}', { x: t('Inner') })}>{tn(3, '{n} host', '{n} hosts')}</p>`
    expect(texts(code)).toEqual(['Yes', 'No', 'Title {x}', 'Inner', '{n} hosts'])
    expect(problems(code)).toEqual([])
    expect(texts(`export const TABLE = [{ label: words('Name') }] as const`, false)).toEqual(['Name'])
  })

  it.each([
    ['<p>Hello</p>', 'a text outside t(): Hello'],
    ['<button aria-label="close it">x</button>', 'aria-label outside t(): close it'],
    ['<Card title="Name" />', 'title outside t(): Name'],
    ["<p>{isUp ? 'up' : t('down')}</p>", 'a text outside t(): up'],
    ['<p>{`${n} failed`}</p>', 'a text outside t(): failed'],
    ["<script>toasts.say('Saved.')</script>", 'a text outside t(): Saved.'],
    ["<script>const problem = 'Give it a name.'</script>", 'a text outside t(): Give it a name.'],
  ])('%s is missed', (code, what) => {
    expect(problems(code)).toContain(what)
  })

  it.each([
    '<code>rate(x)</code>',
    '<p>obsv · {n} ms</p>',
    "<p class={isUp ? 'up' : 'down'}>{t('x')}</p>",
    "<script>if (kind === 'Some thing') throw new Error('A developer reads this.')</script>",
  ])('%s is left alone', (code) => {
    expect(problems(code)).toEqual([])
  })

  it('must not be said before the language is there', () => {
    expect(problems(`export const A = t('Name')`, false)).toHaveLength(1)
    expect(problems(`export const a = () => t('Name')`, false)).toEqual([])
  })
})

describe('a translation', () => {
  const english = catalogueOf([{ text: 'Hosts' }, { text: 'Revoke {name}' }, { text: '{n} hosts', one: '{n} host' }])
  const whole = { Hosts: 'Hosts', 'Revoke {name}': '{name} widerrufen', '{n} hosts': { one: 'ein Host', other: '{n} Hosts' } }
  const compared = (told: Parameters<typeof compare>[1]) => compare(english, told, ['one', 'other'])

  it('that has all is right', () => {
    expect(compared(whole)).toEqual({ problems: [], missing: {} })
  })

  it('says what it lacks as stubs', () => {
    expect(compared({ Hosts: 'Hosts' }).missing).toEqual({ 'Revoke {name}': '', '{n} hosts': { one: '', other: '' } })
  })

  it('may have no dead text, other placeholders or too few forms', () => {
    expect(compared({ ...whole, Gone: 'Weg' }).problems).toHaveLength(1)
    expect(compared({ ...whole, 'Revoke {name}': '{nom} widerrufen' }).problems).toHaveLength(1)
    expect(compared({ ...whole, '{n} hosts': { other: '{n} Hosts' } }).problems).toHaveLength(1)
    expect(compared({ ...whole, '{n} hosts': '{n} Hosts' }).problems).toHaveLength(1)
  })
})
