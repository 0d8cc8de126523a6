/**
 * Variables in texts: `$x`, `${x}`, `${x:format}`, `[[x]]`, `[[x:format]]`. Pure.
 *
 * The server does the same for shared links. A name that nobody knows stays as it is, so that `$1` of `label_replace` does.
 * Source: names, formats and built-in variables are Grafana's ("Variable syntax", "Global variables").
 */

import { durationText } from '../../lib/time'
import { t } from '../../lib/i18n'

export const ALL = '$__all'

/** What a text is: an expression, something to read, an address. */
export type Context = 'expr' | 'text' | 'url'

/** What a variable stands for. */
export interface Chosen {
  values: readonly string[]
  /** As they are shown, if otherwise. */
  texts?: readonly string[]
  /** It may hold several, whether or not it does. */
  isSeveral: boolean
  isAll?: boolean
  /** What "all" stands for, put in as it is. */
  allValue?: string
}

/** What names stand for, for a dashboard or a repeated panel. */
export type Scope = ReadonlyMap<string, Chosen>

const REFERENCE = String.raw`\$(\w+)|\[\[(\w+)(?::(\w+))?\]\]|\$\{(\w+)(?::([^}]*))?\}`
const TOKEN = new RegExp(String.raw`${REFERENCE}|["'\`\\#\n]`, 'g')
const SPECIAL = /[\\^$*+?.()|[\]{}]/g

/** The names that a text refers to. */
export function namesIn(text: string): Set<string> {
  return new Set([...text.matchAll(new RegExp(REFERENCE, 'g'))].map(([, plain, old, , braced]) => plain ?? old ?? braced ?? ''))
}

/** A variable of one plain value. */
export function constant(value: string): Chosen {
  return { values: [value], isSeveral: false }
}

/** How often things are usually scraped: a rate needs a few samples, however small the step. */
const SCRAPE_S = 15

export interface Period {
  fromMs: number
  toMs: number
  stepS: number
}

/** The variables that every dashboard has. */
export function builtins({ fromMs, toMs, stepS }: Period): [string, Chosen][] {
  const rangeS = Math.max(1, Math.round((toMs - fromMs) / 1000))
  const rateS = Math.max(stepS + SCRAPE_S, 4 * SCRAPE_S)
  const values = {
    __interval: durationText(stepS),
    __interval_ms: String(Math.round(stepS * 1000)),
    __rate_interval: durationText(rateS),
    __rate_interval_ms: String(Math.round(rateS * 1000)),
    __range: `${rangeS}s`,
    __range_s: String(rangeS),
    __range_ms: String(rangeS * 1000),
    __from: String(Math.round(fromMs)),
    __to: String(Math.round(toMs)),
  }
  return Object.entries(values).map(([name, value]) => [name, constant(value)])
}

function quoted({ values }: Chosen, mark: string): string {
  return values.map((value) => mark + value.replaceAll(mark, `\\${mark}`) + mark).join(',')
}

function regex({ values }: Chosen): string {
  const escaped = values.map((value) => value.replace(SPECIAL, String.raw`\$&`))
  return escaped.length > 1 ? `(${escaped.join('|')})` : (escaped[0] ?? '')
}

const FORMATS: Readonly<Record<string, (chosen: Chosen) => string>> = {
  regex,
  pipe: ({ values }) => values.join('|'),
  csv: ({ values }) => values.join(','),
  raw: ({ values }) => values.join(','),
  json: ({ values, isSeveral }) => JSON.stringify(isSeveral ? values : (values[0] ?? '')),
  doublequote: (chosen) => quoted(chosen, '"'),
  singlequote: (chosen) => quoted(chosen, "'"),
  text: ({ values, texts }) => (texts ?? values).join(' + '),
  percentencode: ({ values }) => encodeURIComponent(values.join(',')),
}

function usualFormat({ isSeveral }: Chosen, context: Context): string {
  if (context === 'expr') return isSeveral ? 'regex' : 'csv'
  return context === 'text' ? 'text' : 'percentencode'
}

/** A text as it stands within a string of this kind, or a comment. */
function escaped(text: string, mark: string): string {
  if (mark === '"' || mark === "'") return text.replaceAll('\\', '\\\\').replaceAll(mark, `\\${mark}`).replaceAll('\n', '\\n')
  // It cannot be written there.
  if (mark === '`') return text.replaceAll('`', '')
  return mark === '#' ? text.replaceAll('\n', ' ') : text
}

function put(name: string, chosen: Chosen, asked: string, context: Context, mark: string): string {
  const format = asked in FORMATS || asked === 'queryparam' ? asked : usualFormat(chosen, context)
  if (chosen.isAll && format === 'text') return t('All')
  if (format === 'queryparam') {
    const values = chosen.isAll ? [ALL] : chosen.values
    return values.map((value) => `var-${name}=${encodeURIComponent(value)}`).join('&')
  }
  if (chosen.isAll && chosen.allValue) return chosen.allValue
  const text = FORMATS[format]?.(chosen) ?? ''
  return context !== 'expr' || format === 'raw' ? text : escaped(text, mark)
}

/** In what kind of string, or comment, what follows a character stands. */
function after(token: string, mark: string): string {
  if (mark === '#') return token === '\n' ? '' : mark
  if (mark) return token === mark ? '' : mark
  return /^["'`#]$/.test(token) ? token : ''
}

/** The text with what its variables stand for. */
export function interpolate(text: string, scope: Scope, context: Context = 'expr'): string {
  let [out, at, mark] = ['', 0, '']
  for (const found of text.matchAll(TOKEN)) {
    // It was escaped, in a string.
    if (found.index < at) continue
    out += text.slice(at, found.index)
    at = found.index + found[0].length
    const [token, plain, old, oldFormat, braced, format] = found
    const name = plain ?? old ?? braced
    if (name === undefined) {
      const isEscape = token === '\\' && (mark === '"' || mark === "'")
      out += isEscape ? text.slice(found.index, at + 1) : token
      if (isEscape) at += 1
      else if (context === 'expr') mark = after(token, mark)
      continue
    }
    const chosen = scope.get(name)
    out += chosen ? put(name, chosen, oldFormat ?? format ?? '', context, mark) : token
  }
  return out + text.slice(at)
}
