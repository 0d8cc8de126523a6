/**
 * The catalogue of texts.
 *
 *     npm run words               write lib/words/en.json anew, sort the translations, say what they lack
 *     npm run words -- --check    change nothing; fail where something is not as it should be
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSource, type Found } from './sources.ts'

type Forms = Record<string, string>
export type Catalogue = Record<string, string | Forms>

const SRC = new URL('../src/', import.meta.url).pathname
const WORDS = join(SRC, 'lib/words')
const UNITS = new URL('../../dashboards/units.json', import.meta.url)
const ENGLISH = 'en'

/** Every file that may say something to people. */
function files(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf-8' })
    // Not the model, which is made from the server's and names its types.
    .filter((name) => /\.(svelte|ts)$/.test(name) && !/\.(test|d)\.ts$|^dashboards\/model\.ts$/.test(name))
    .sort()
}

/** What the units' values are called, which is data of the server too. */
function unitWords(): Found[] {
  const units = JSON.parse(readFileSync(UNITS, 'utf-8')) as { yes?: string; no?: string }[]
  return units.flatMap(({ yes, no }) => [yes, no]).flatMap((text) => (text ? [{ text }] : []))
}

/** The English catalogue, from what was found. */
export function catalogueOf(found: readonly Found[]): Catalogue {
  const entries = found.map(({ text, one }) => [text, one === undefined ? text : { one, other: text }] as const)
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

function holes(text: string): string {
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([hole]) => hole))].sort().join(' ')
}

function textsOf(entry: string | Forms): string[] {
  return typeof entry === 'string' ? [entry] : Object.values(entry)
}

/** What an entry of a translation lacks. */
function lacks(text: string, english: string | Forms, told: string | Forms, categories: readonly string[]): string[] {
  if (typeof english !== typeof told) return [`"${text}" has to be ${typeof english === 'string' ? 'a text' : `an object of ${categories.join(', ')}`}`]
  const forms = typeof told === 'string' ? [] : categories.filter((category) => !told[category]).map((category) => `"${text}" has no form for "${category}"`)
  const wanted = holes(textsOf(english).join(' '))
  // One thing may go without its number.
  const different = textsOf(told).filter((one) => holes(one) !== wanted && !(typeof told === 'object' && one !== told.other))
  return [...forms, ...different.map((one) => `"${one || text}" has ${holes(one) || 'no placeholders'}, not ${wanted || 'none'}`)]
}

/** What is wrong with a translation, and what of the English catalogue it has not at all. */
export function compare(english: Catalogue, told: Catalogue, categories: readonly string[]): { problems: string[]; missing: Catalogue } {
  const stub = (entry: string | Forms): string | Forms => (typeof entry === 'string' ? '' : Object.fromEntries(categories.map((category) => [category, ''])))
  const missing = Object.entries(english).filter(([text]) => !Object.hasOwn(told, text) || textsOf(told[text] ?? '').join('') === '')
  const problems = Object.entries(told).flatMap(([text, entry]) => {
    const source = Object.hasOwn(english, text) ? english[text] : undefined
    if (source === undefined) return [`"${text}" is said nowhere`]
    return text in Object.fromEntries(missing) ? [] : lacks(text, source, entry, categories)
  })
  return { problems, missing: Object.fromEntries(missing.map(([text, entry]) => [text, stub(entry)])) }
}

function written(catalogue: Catalogue): string {
  return `${JSON.stringify(catalogue, null, 2)}\n`
}

function load(name: string): Catalogue {
  return JSON.parse(readFileSync(join(WORDS, name), 'utf-8')) as Catalogue
}

function sorted(catalogue: Catalogue): Catalogue {
  return Object.fromEntries(Object.entries(catalogue).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

/** Write or check; the number of problems, which are printed. */
export function main(options: readonly string[]): number {
  const isCheck = options.includes('--check')
  const problems: string[] = []
  const found = unitWords()
  for (const name of files()) {
    const source = readSource(readFileSync(join(SRC, name), 'utf-8'), name.endsWith('.svelte'))
    found.push(...source.found)
    problems.push(...source.problems.map(({ line, what }) => `src/${name}:${line}: ${what}`))
  }
  const english = catalogueOf(found)
  const isCurrent = written(english) === readFileSync(join(WORDS, `${ENGLISH}.json`), 'utf-8')
  if (!isCheck) writeFileSync(join(WORDS, `${ENGLISH}.json`), written(english))
  else if (!isCurrent) problems.push('src/lib/words/en.json is not current: npm run words')
  for (const file of readdirSync(WORDS).filter((name) => name !== `${ENGLISH}.json`)) {
    const told = load(file)
    const categories = new Intl.PluralRules(file.replace('.json', '')).resolvedOptions().pluralCategories
    const { problems: wrong, missing } = compare(english, told, categories)
    problems.push(...wrong.map((what) => `src/lib/words/${file}: ${what}`))
    const count = Object.keys(missing).length
    if (count > 0) problems.push(`src/lib/words/${file} lacks ${count}; fill these in and add them:\n${JSON.stringify(missing, null, 2)}`)
    if (!isCheck) writeFileSync(join(WORDS, file), written(sorted(told)))
  }
  problems.forEach((problem) => console.error(problem))
  return problems.length
}
