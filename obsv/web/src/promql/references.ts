/**
 * Variables in expressions that are only being written: `$x`, `${x}`, `${x:format}`, `[[x]]`. Pure.
 *
 * A parser of PromQL knows none; they are given to it as something that could stand there.
 */

/** Where a variable stands, outside of strings and comments. */
export interface Reference {
  from: number
  to: number
  text: string
  /** What it can be: a duration within `[…]` or after `offset`, digits of one, or else a name or a number. */
  place: 'duration' | 'digits' | 'operand'
}

/** What variables that are no durations are read as. */
export type Reading = 'name' | 'number'

const TOKEN = /\$\w+|\$\{\w+(?::[^}]*)?\}|\[\[\w+(?::\w+)?\]\]|"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|`[^`]*`?|#[^\n]*|[[\]]|\boffset\b/gs

/** All references, in their order. */
export function referencesIn(text: string): Reference[] {
  const found: Reference[] = []
  let depth = 0
  let offsetEnd = -1
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match
    const [from, to] = [match.index, match.index + token.length]
    if (token === '[') depth += 1
    else if (token === ']') depth = Math.max(0, depth - 1)
    else if (token === 'offset') offsetEnd = to
    else if (token.startsWith('$') || token.startsWith('[[')) {
      const isDuration = depth > 0 || (offsetEnd >= 0 && /^[\s-]*$/.test(text.slice(offsetEnd, from)))
      const place = !isDuration ? 'operand' : /[a-z]/.test(text.charAt(to)) ? 'digits' : 'duration'
      found.push({ from, to, text: token, place })
    }
  }
  return found
}

function replaced(text: string, references: readonly Reference[], by: (reference: Reference, index: number) => string): string {
  let [out, at] = ['', 0]
  references.forEach((reference, index) => {
    out += text.slice(at, reference.from) + by(reference, index)
    at = reference.to
  })
  return out + text.slice(at)
}

/** The text, each variable by something of its length, so that places in it stay the same. */
export function padded(text: string, reading: Reading): string {
  return replaced(text, referencesIn(text), ({ from, to, place }) => {
    const length = to - from
    if (place === 'duration') return '5m'.padStart(length, '0')
    return place === 'digits' || reading === 'number' ? '1'.repeat(length) : 'x'.repeat(length)
  })
}

export interface Masked {
  text: string
  /** What stands for each variable, by what it is. */
  marks: ReadonlyMap<string, string>
}

// Days that make no whole weeks or years are printed as they were written, and nobody looks back so far.
const FIRST_DAYS = 70_001
const WEEK_DAYS = 7
const FIRST_NUMBER = 900_001
const MOST_MARKS = 100

function markOf(place: Reference['place'], index: number, reading: Reading): string {
  if (place === 'duration') return `${FIRST_DAYS + WEEK_DAYS * index}d`
  return place === 'digits' || reading === 'number' ? String(FIRST_NUMBER + index) : `obsv_variable_${index}_`
}

/** The text, each variable by a mark that is found again in what is made of it. Undefined for too many of them. */
export function masked(text: string, reading: Reading): Masked | undefined {
  const references = referencesIn(text)
  if (references.length > MOST_MARKS) return undefined
  const marks = new Map<string, string>()
  const out = replaced(text, references, (reference, index) => {
    const mark = markOf(reference.place, index, reading)
    marks.set(mark, reference.text)
    return mark
  })
  return { text: out, marks }
}

/** The variables put back; undefined if one is not there exactly once. */
export function unmasked(text: string, marks: ReadonlyMap<string, string>): string | undefined {
  let out = text
  for (const [mark, reference] of marks) {
    const parts = out.split(mark)
    if (parts.length !== 2) return undefined
    out = parts.join(reference)
  }
  return out
}
