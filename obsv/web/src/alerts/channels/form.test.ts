import { describe, expect, it } from 'vitest'
import { fieldsOf, problemsOf, settingsOf, valuesOf, type Schema } from './form'

const SECRET = { type: 'string', format: 'password', writeOnly: true }
const SCHEMA: Schema = {
  type: 'object',
  properties: {
    url: { ...SECRET, title: 'Address', description: 'Gets a POST.' },
    token: SECRET,
    method: { title: 'Method', enum: ['POST', 'PUT'], default: 'POST' },
    to: { type: 'array', items: { type: 'string' }, default: [] },
    topic: { type: 'integer', minimum: 0, default: 0 },
    is_silent: { type: 'boolean', default: false },
    api_url: { type: 'string', default: 'https://api.example' },
    nick: { anyOf: [{ type: 'string', maxLength: 9 }, { type: 'null' }], title: 'Nickname', default: null },
    extra: { type: 'object', default: { a: 1 } },
  },
  required: ['url'],
}
const FIELDS = fieldsOf(SCHEMA)

describe('fields of a schema', () => {
  it('are of the kind that fits, in its order', () => {
    expect(FIELDS.map(({ name, kind }) => [name, kind])).toEqual([
      ['url', 'secret'],
      ['token', 'secret'],
      ['method', 'choice'],
      ['to', 'lines'],
      ['topic', 'number'],
      ['is_silent', 'switch'],
      ['api_url', 'text'],
      ['nick', 'text'],
      ['extra', 'json'],
    ])
  })
  it('have a label, help, and what holds for them', () => {
    expect(FIELDS[0]).toMatchObject({ label: 'Address', help: 'Gets a POST.', isRequired: true, isNullable: false })
    expect(FIELDS[6]).toMatchObject({ label: 'Api url', help: '', isRequired: false })
    expect(FIELDS[4]).toMatchObject({ minimum: 0 })
    expect(FIELDS[7]).toMatchObject({ label: 'Nickname', isNullable: true, maxLength: 9 })
  })
  it('may be of a type or null as one list', () => {
    expect(fieldsOf({ properties: { age: { type: ['integer', 'null'] } } })[0]).toMatchObject({ kind: 'number', isNullable: true })
  })
})

describe('what the form shows at first', () => {
  it('is what is usual', () => {
    expect(valuesOf(FIELDS)).toEqual({ url: '', token: '', method: '0', to: '', topic: '0', is_silent: false, api_url: 'https://api.example', nick: '', extra: '{"a":1}' })
  })
  it('is what is set, without secrets', () => {
    const values = valuesOf(FIELDS, { url: 'https://secret', method: 'PUT', to: ['a@x', 'b@x'], topic: 7, is_silent: true, nick: 'me' })
    expect(values).toMatchObject({ url: '', method: '1', to: 'a@x\nb@x', topic: '7', is_silent: true, nick: 'me' })
  })
})

describe('settings', () => {
  const typed = { ...valuesOf(FIELDS), url: 'https://x' }

  it('have the types of the schema', () => {
    const { settings, problems } = settingsOf(FIELDS, { ...typed, method: '1', to: ' a@x, b@x\n\nc@x', topic: '12', is_silent: true })
    expect(problems).toEqual({})
    expect(settings).toEqual({
      url: 'https://x',
      method: 'PUT',
      to: ['a@x', 'b@x', 'c@x'],
      topic: 12,
      is_silent: true,
      api_url: 'https://api.example',
      nick: null,
      extra: { a: 1 },
    })
  })
  it('say what is needed or cannot be read', () => {
    const { problems } = settingsOf(FIELDS, { ...typed, url: '', topic: 'many', extra: '{' })
    expect(Object.keys(problems)).toEqual(['url', 'topic', 'extra'])
  })
  it('leave out secrets that stay, and have those that change or go', () => {
    const set = ['url', 'token']
    expect(settingsOf(FIELDS, { ...typed, url: '' }, { set, removed: [] })).toMatchObject({ problems: {} })
    expect(settingsOf(FIELDS, { ...typed, url: '' }, { set, removed: [] }).settings).not.toHaveProperty('url')
    expect(settingsOf(FIELDS, typed, { set, removed: ['token'] }).settings).toMatchObject({ url: 'https://x', token: '' })
    expect(settingsOf(FIELDS, { ...typed, token: ' t ' }, { set, removed: ['token'] }).settings).toMatchObject({ token: ' t ' })
  })
  it('leave out a number that is not said', () => {
    expect(settingsOf(FIELDS, { ...typed, topic: '' }).settings).not.toHaveProperty('topic')
  })
})

describe('what the server finds wrong', () => {
  it('stands at its field', () => {
    const errors = [
      { pointer: '/settings/to/1', detail: 'no address' },
      { pointer: '/name', detail: 'taken' },
    ]
    expect(problemsOf(errors)).toEqual({ to: 'no address', '/name': 'taken' })
  })
})
