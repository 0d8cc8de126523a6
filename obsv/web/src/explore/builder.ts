/** Queries made of parts, for who does not write PromQL; and parts read out of simple queries. Pure. */

import { quoted } from '../lib/promql'
import { durationText } from '../lib/time'
import type { Tree } from '../promql/server'

export const MATCHES = ['=', '!=', '=~', '!~'] as const
export type Match = (typeof MATCHES)[number]

export interface Filter {
  label: string
  op: Match
  value: string
}

export const RANGES = ['rate', 'increase', 'irate', 'delta', 'avg_over_time', 'max_over_time', 'min_over_time', 'sum_over_time', 'count_over_time'] as const
export const AGGREGATIONS = ['sum', 'avg', 'min', 'max', 'count'] as const
export const TOPS = ['topk', 'bottomk'] as const
export const FUNCTIONS = ['abs', 'ceil', 'floor', 'round', 'sort_desc'] as const
export const OPERATORS = ['*', '/', '+', '-', '%', '^', '>', '>=', '<', '<=', '==', '!='] as const

/** A step of the calculation; numbers are texts, for a variable may stand there. */
export type Operation =
  | { kind: 'range'; name: (typeof RANGES)[number]; window: string }
  | { kind: 'aggregation'; name: (typeof AGGREGATIONS)[number]; labels: string[]; isWithout: boolean }
  | { kind: 'top'; name: (typeof TOPS)[number]; number: string }
  | { kind: 'quantile'; number: string }
  | { kind: 'function'; name: (typeof FUNCTIONS)[number] }
  | { kind: 'number'; op: (typeof OPERATORS)[number]; number: string }

/** A metric, narrowed by its labels, then calculated with in this order. Only the first step can be over a range. */
export interface Built {
  metric: string
  filters: Filter[]
  operations: Operation[]
}

export const NOTHING: Built = { metric: '', filters: [], operations: [] }
export const USUAL_WINDOW = '$__rate_interval'

const NAME = /^[\w:$[\]{}]+$/
const LABEL = /^[\w$[\]{}]+$/

function labelText(name: string): string {
  return LABEL.test(name) ? name : quoted(name)
}

function selectorOf({ metric, filters }: Built): string {
  const matchers = filters.filter(({ label }) => label).map(({ label, op, value }) => `${labelText(label)}${op}${quoted(value)}`)
  if (metric && !NAME.test(metric)) return `{${[quoted(metric), ...matchers].join(', ')}}`
  return matchers.length > 0 ? `${metric}{${matchers.join(', ')}}` : metric
}

interface Written {
  text: string
  isBinary: boolean
}

function applied({ text, isBinary }: Written, operation: Operation): Written {
  const whole = (written: string): Written => ({ text: written, isBinary: false })
  switch (operation.kind) {
    case 'range':
      return whole(`${operation.name}(${text}[${operation.window || USUAL_WINDOW}])`)
    case 'aggregation': {
      const { labels, isWithout } = operation
      const by = labels.length > 0 || isWithout ? ` ${isWithout ? 'without' : 'by'} (${labels.map(labelText).join(', ')})` : ''
      return whole(`${operation.name}${by}${by ? ' ' : ''}(${text})`)
    }
    case 'top':
      return whole(`${operation.name}(${operation.number || '10'}, ${text})`)
    case 'quantile':
      return whole(`histogram_quantile(${operation.number || '0.95'}, ${text})`)
    case 'function':
      return whole(`${operation.name}(${text})`)
    case 'number':
      return { text: `${isBinary ? `(${text})` : text} ${operation.op} ${operation.number || '1'}`, isBinary: true }
  }
}

/** The PromQL of the parts; empty for nothing. */
export function promqlOf(built: Built): string {
  const text = selectorOf(built)
  return text ? built.operations.reduce(applied, { text, isBinary: false }).text : ''
}

type Marks = ReadonlyMap<string, string>

function restored(text: string, marks: Marks): string {
  return [...marks].reduce((out, [mark, reference]) => out.replaceAll(mark, reference), text)
}

function one<T extends string>(all: readonly T[], value: unknown): T | undefined {
  return all.find((name) => name === value)
}

function has(node: Tree, ...names: string[]): boolean {
  return names.some((name) => Boolean(node[name]))
}

/** A selector without anything that moves it in time. */
function selectorIn(node: Tree, marks: Marks): Built | undefined {
  if (has(node, 'offset', 'timestamp', 'startOrEnd', 'anchored', 'smoothed')) return undefined
  const filters: Filter[] = []
  let metric = typeof node.name === 'string' ? node.name : ''
  for (const { name, type, value } of node.matchers as { name: string; type: string; value: string }[]) {
    const op = one(MATCHES, type)
    if (!op) return undefined
    if (name === '__name__' && op === '=') metric = value
    else filters.push({ label: restored(name, marks), op, value })
  }
  return { metric: restored(metric, marks), filters, operations: [] }
}

function numberIn(node: unknown, marks: Marks): string | undefined {
  const { type, val, op, expr } = (node ?? {}) as { type?: string; val?: string; op?: string; expr?: unknown }
  if (type === 'numberLiteral') return restored(String(val), marks)
  const inner = type === 'unaryExpr' && op === '-' ? numberIn(expr, marks) : undefined
  return inner === undefined ? undefined : `-${inner}`
}

function then(built: Built | undefined, operation: Operation | undefined): Built | undefined {
  return built && operation ? { ...built, operations: [...built.operations, operation] } : undefined
}

function callIn(node: Tree, marks: Marks): Built | undefined {
  const { name } = node.func as { name: string }
  const [first, second] = node.args as (Tree | undefined)[]
  const range = one(RANGES, name)
  if (range && first?.type === 'matrixSelector') {
    const window = durationText(Number(first.range) / 1000)
    return then(selectorIn(first, marks), { kind: 'range', name: range, window: marks.get(window) ?? window })
  }
  const number = numberIn(first, marks)
  if (name === 'histogram_quantile' && number !== undefined && second) return then(builtOf(second, marks), { kind: 'quantile', number })
  const plain = one(FUNCTIONS, name)
  return plain && first && !second ? then(builtOf(first, marks), { kind: 'function', name: plain }) : undefined
}

function aggregationIn(node: Tree, marks: Marks): Built | undefined {
  const inner = builtOf(node.expr as Tree, marks)
  const labels = (node.grouping as string[]).map((label) => restored(label, marks))
  const isWithout = node.without === true
  const name = one(AGGREGATIONS, node.op)
  if (name) return then(inner, { kind: 'aggregation', name, labels, isWithout })
  const [top, number] = [one(TOPS, node.op), numberIn(node.param, marks)]
  return top && number !== undefined && labels.length === 0 && !isWithout ? then(inner, { kind: 'top', name: top, number }) : undefined
}

/** The parts of a query, read from its syntax tree; undefined if it is more than parts can say. */
export function builtOf(node: Tree, marks: Marks): Built | undefined {
  switch (node.type) {
    case 'parenExpr':
      return builtOf(node.expr as Tree, marks)
    case 'vectorSelector':
      return selectorIn(node, marks)
    case 'call':
      return callIn(node, marks)
    case 'aggregation':
      return aggregationIn(node, marks)
    case 'binaryExpr': {
      const [op, number] = [one(OPERATORS, node.op), numberIn(node.rhs, marks)]
      return op && number !== undefined && node.bool !== true ? then(builtOf(node.lhs as Tree, marks), { kind: 'number', op, number }) : undefined
    }
    default:
      return undefined
  }
}
