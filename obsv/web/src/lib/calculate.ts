/** One number from many. Pure. */

import type { Calculation } from '../dashboards/model'
import { t } from './i18n'

type Values = readonly (number | null)[]

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number' && !Number.isNaN(value)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length
}

/** Between the two nearest, as most do. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN]
  return low + (high - low) * (place - Math.floor(place))
}

function stddev(values: readonly number[]): number {
  const middle = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)))
}

/** What a counter rose, its resets left out. */
function delta(values: readonly number[]): number {
  let total = 0
  values.forEach((value, index) => {
    const before = values[index - 1]
    if (before !== undefined) total += value >= before ? value - before : value
  })
  return total
}

function changes(values: readonly number[]): number {
  return values.filter((value, index) => index > 0 && value !== values[index - 1]).length
}

/** The largest and smallest without spreading, for there may be many. */
function extreme(values: readonly number[], sign: 1 | -1): number {
  let found = values[0] ?? Number.NaN
  for (const value of values) if ((value - found) * sign > 0) found = value
  return found
}

type OfNumbers = (values: readonly number[], first: number, last: number) => number

/** Over what is a number; at least one is. */
const OF_NUMBERS: Readonly<Partial<Record<Calculation, OfNumbers>>> = {
  'last-not-null': (_, __, last) => last,
  'first-not-null': (_, first) => first,
  min: (values) => extreme(values, -1),
  max: (values) => extreme(values, 1),
  mean,
  sum,
  range: (values) => extreme(values, 1) - extreme(values, -1),
  delta,
  difference: (_, first, last) => last - first,
  'difference-percent': (_, first, last) => (last - first) / first,
  median: (values) => quantile(values, 0.5),
  stddev,
  changes,
  p90: (values) => quantile(values, 0.9),
  p95: (values) => quantile(values, 0.95),
  p99: (values) => quantile(values, 0.99),
}

/** The calculation over the values of a series in their order; null if it has none to tell. */
export function calculate(calculation: Calculation, values: Values): number | null {
  if (calculation === 'last') return values.at(-1) ?? null
  if (calculation === 'first') return values[0] ?? null
  const numbers = values.filter(isNumber)
  if (calculation === 'count') return numbers.length
  if (calculation === 'distinct') return new Set(numbers).size
  const [first, last] = [numbers[0], numbers.at(-1)]
  if (first === undefined || last === undefined) return null
  return OF_NUMBERS[calculation]?.(numbers, first, last) ?? null
}

/** Whether its result has the unit of the values. */
export function keepsUnit(calculation: Calculation): boolean {
  return !['count', 'distinct', 'changes', 'difference-percent'].includes(calculation)
}

/** What a column of it is headed. */
export const CALCULATION_NAMES: Readonly<Record<Calculation, () => string>> = {
  last: () => t('Last'),
  'last-not-null': () => t('Last'),
  first: () => t('First'),
  'first-not-null': () => t('First'),
  min: () => t('Min'),
  max: () => t('Max'),
  mean: () => t('Mean'),
  sum: () => t('Sum'),
  count: () => t('Count'),
  range: () => t('Range'),
  delta: () => t('Delta'),
  difference: () => t('Difference'),
  'difference-percent': () => t('Difference %'),
  median: () => t('Median'),
  stddev: () => t('Std dev'),
  distinct: () => t('Distinct'),
  changes: () => t('Changes'),
  p90: () => t('90th %'),
  p95: () => t('95th %'),
  p99: () => t('99th %'),
}
