/** A kind's JSON schema as fields of a form, and what is typed there as the kind's settings. */

import { t } from '../../lib/i18n'

/** As much of a JSON schema as settings of channels need. */
export interface Schema {
  type?: string | readonly string[]
  title?: string
  description?: string
  default?: unknown
  enum?: readonly unknown[]
  format?: string
  writeOnly?: boolean
  items?: Schema
  anyOf?: readonly Schema[]
  minimum?: number
  maximum?: number
  maxLength?: number
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
}

/** `lines` is a list of texts, one a line; `json` is whatever has no field of its own. */
export type FieldKind = 'text' | 'secret' | 'number' | 'switch' | 'choice' | 'lines' | 'json'

export interface Field {
  name: string
  label: string
  help: string
  kind: FieldKind
  isRequired: boolean
  /** An empty one is null. */
  isNullable: boolean
  /** What an untouched field stands for. */
  usual: unknown
  choices: readonly unknown[]
  minimum: number | undefined
  maximum: number | undefined
  maxLength: number | undefined
}

/** What is typed, by the names of the fields; a switch has a boolean. */
export type Values = Readonly<Record<string, string | boolean>>

/** What is to be corrected, by the names of the fields. */
export type Problems = Readonly<Record<string, string>>

/** The secrets of a channel: those that are set, and those of them that shall go. */
export interface Secrets {
  set: readonly string[]
  removed: readonly string[]
}

const NO_SECRETS: Secrets = { set: [], removed: [] }
const TEXTS: Readonly<Record<string, FieldKind>> = { string: 'text', integer: 'number', number: 'number', boolean: 'switch' }

/** `api_url` as "Api url", where the schema has no title. */
function labelOf(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** The schema of what is there, and whether nothing may be there. */
function present(schema: Schema): { schema: Schema; isNullable: boolean } {
  const types = [schema.type ?? []].flat()
  if (types.includes('null')) {
    return { schema: { ...schema, type: types.filter((type) => type !== 'null').join(' ') }, isNullable: true }
  }
  const options = (schema.anyOf ?? []).filter(({ type }) => type !== 'null')
  const isNullable = options.length < (schema.anyOf?.length ?? 0)
  const only = options.length === 1 ? options[0] : undefined
  return { schema: { ...only, ...schema }, isNullable }
}

function kindOf(schema: Schema): FieldKind {
  if (schema.writeOnly || schema.format === 'password') return 'secret'
  if (schema.enum) return 'choice'
  if (schema.type === 'array') return schema.items?.type === 'string' ? 'lines' : 'json'
  return typeof schema.type === 'string' ? (TEXTS[schema.type] ?? 'json') : 'json'
}

/** The fields in the schema's order. */
export function fieldsOf(root: Schema): Field[] {
  return Object.entries(root.properties ?? {}).map(([name, whole]) => {
    const { schema, isNullable } = present(whole)
    return {
      name,
      label: schema.title ?? labelOf(name),
      help: schema.description ?? '',
      kind: kindOf(schema),
      isRequired: root.required?.includes(name) ?? false,
      isNullable,
      usual: whole.default,
      choices: schema.enum ?? [],
      minimum: schema.minimum,
      maximum: schema.maximum,
      maxLength: schema.maxLength,
    }
  })
}

function shown(field: Field, value: unknown): string | boolean {
  if (field.kind === 'switch') return value === true
  if (field.kind === 'secret' || ((value === undefined || value === null) && field.kind !== 'choice')) return ''
  if (field.kind === 'choice') return String(Math.max(0, field.choices.indexOf(value)))
  if (field.kind === 'lines' && Array.isArray(value)) return value.join('\n')
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value)
}

/** What the form shows at first: the settings, or what is usual; never a secret. */
export function valuesOf(fields: readonly Field[], settings: Readonly<Record<string, unknown>> = {}): Values {
  return Object.fromEntries(fields.map((field) => [field.name, shown(field, field.name in settings ? settings[field.name] : field.usual)]))
}

/** `undefined` leaves it out; throws where it cannot be read. */
function readText(field: Field, text: string): unknown {
  if (field.kind === 'choice') return field.choices[Number(text)]
  if (field.kind === 'lines') return text.split(/[\n,]/).map((line) => line.trim()).filter(Boolean)
  const said = text.trim()
  if (said === '' && field.isNullable) return null
  if (field.kind === 'text') return said
  if (said === '') return undefined
  if (field.kind === 'json') return JSON.parse(said) as unknown
  const number = Number(said)
  if (Number.isNaN(number)) throw new Error(said)
  return number
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

/** The settings that the form says, or what is to be corrected first. */
export function settingsOf(fields: readonly Field[], values: Values, secrets: Secrets = NO_SECRETS): { settings: Record<string, unknown>; problems: Problems } {
  const settings: Record<string, unknown> = {}
  const problems: Record<string, string> = {}
  for (const field of fields) {
    const { name, kind, isRequired } = field
    const typed = values[name] ?? ''
    if (typeof typed === 'boolean') {
      settings[name] = typed
      continue
    }
    const isKept = kind === 'secret' && typed === '' && secrets.set.includes(name)
    if (isKept && (isRequired || !secrets.removed.includes(name))) continue
    try {
      // A secret is taken as it is: a space may belong to it.
      const value = kind === 'secret' ? typed : readText(field, typed)
      if (isEmpty(value) && isRequired) problems[name] = t('This is needed.')
      else if (kind === 'secret' && value === '' && !isKept) continue
      else if (value !== undefined) settings[name] = value
    } catch {
      problems[name] = kind === 'json' ? t('This is no JSON.') : t('This is no number.')
    }
  }
  return { settings, problems }
}

/** What the server finds wrong, at the fields of that name (`/settings/to/0` at `to`, `/name` at `/name`). */
export function problemsOf(errors: readonly { pointer: string; detail: string }[]): Problems {
  return Object.fromEntries(errors.map(({ pointer, detail }) => [/^\/settings\/([^/]+)/.exec(pointer)?.[1] ?? pointer, detail]))
}
