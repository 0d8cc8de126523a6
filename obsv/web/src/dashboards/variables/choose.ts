/** What is chosen of a variable: by the address, else by the document, else what comes first. Pure. */

import { durationText, stepFor, type Span } from '../../lib/time'
import type { Choice, Variable } from '../model'
import { ALL, constant, type Chosen } from './interpolate'

const AUTO = 'auto'
const AUTO_POINTS_PX = 180
/** A rate over less would often see too few samples. */
const LEAST_AUTO_S = 60

/** A variable that has values to choose from. */
export function hasChoices({ kind }: Variable): boolean {
  return kind === 'query' || kind === 'custom' || kind === 'interval'
}

/** What is wanted: of the address, or of the document. */
export function wanted(variable: Variable, query: URLSearchParams): readonly string[] {
  const name = `var-${variable.name}`
  return query.has(name) ? query.getAll(name) : variable.value
}

function several(values: readonly string[], choices: readonly Choice[], isSeveral: boolean): Chosen {
  const texts = new Map(choices.map(({ value, text }) => [value, text || value]))
  return { values, texts: values.map((value) => texts.get(value) ?? value), isSeveral }
}

function all(variable: Variable, choices: readonly Choice[]): Chosen {
  const { all_value: allValue, multi } = variable
  return { ...several(choices.map(({ value }) => value), choices, true), isAll: true, isSeveral: multi || !allValue, allValue }
}

function interval(value: string, span: Span): Chosen {
  return value === AUTO ? { ...constant(durationText(Math.max(LEAST_AUTO_S, stepFor(span, AUTO_POINTS_PX)))), texts: [AUTO] } : several([value], [], false)
}

/** What a variable stands for, once its choices are known. */
export function chosenOf(variable: Variable, want: readonly string[], choices: readonly Choice[], span: Span): Chosen {
  const [first = ''] = want
  if (variable.kind === 'filters') return { values: want.filter(Boolean), isSeveral: true }
  if (!hasChoices(variable)) return constant(first || variable.query)
  if (variable.all && want.includes(ALL)) return all(variable, choices)
  const known = new Set(choices.map(({ value }) => value))
  // What is written in an address counts even if it has sent nothing just now, unless there is something else.
  const found = want.filter((value) => known.has(value))
  const values = found.length > 0 ? found : choices.length === 0 ? want.filter((value) => value !== ALL) : []
  if (variable.kind === 'interval') return interval(values[0] ?? choices[0]?.value ?? '1m', span)
  if (values.length > 0) return several(variable.multi ? values : values.slice(0, 1), choices, variable.multi)
  if (variable.all && (want.length === 0 || choices.length === 0)) return all(variable, choices)
  return several(choices.slice(0, 1).map(({ value }) => value), choices, variable.multi)
}

/** The choices of a variable that has them in its document. */
export function ownChoices({ kind, options, query }: Variable): Choice[] {
  if (options.length > 0 || !query) return [...options]
  const texts = query.split(/(?<!\\),/).map((text) => text.trim().replaceAll('\\,', ','))
  return texts.map((text) => {
    const pair = kind === 'custom' ? /^(.+?)\s:\s(.+)$/.exec(text) : null
    return pair ? { text: pair[1] ?? '', value: pair[2] ?? '' } : { value: text, text: '' }
  })
}
