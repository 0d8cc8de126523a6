/** The steps that the builder offers, in words. */

import { t } from '../lib/i18n'
import { USUAL_WINDOW, type Operation } from './builder'

const range = (name: Extract<Operation, { kind: 'range' }>['name']): Operation => ({ kind: 'range', name, window: USUAL_WINDOW })
const aggregation = (name: Extract<Operation, { kind: 'aggregation' }>['name']): Operation => ({ kind: 'aggregation', name, labels: [], isWithout: false })

export const OFFERS: readonly { label: () => string; operation: Operation }[] = [
  { label: () => t('Rate: growth a second'), operation: range('rate') },
  { label: () => t('Increase: growth over a time'), operation: range('increase') },
  { label: () => t('Average over a time'), operation: range('avg_over_time') },
  { label: () => t('Largest over a time'), operation: range('max_over_time') },
  { label: () => t('Smallest over a time'), operation: range('min_over_time') },
  { label: () => t('Sum of series'), operation: aggregation('sum') },
  { label: () => t('Average of series'), operation: aggregation('avg') },
  { label: () => t('Smallest of series'), operation: aggregation('min') },
  { label: () => t('Largest of series'), operation: aggregation('max') },
  { label: () => t('Count of series'), operation: aggregation('count') },
  { label: () => t('Only the largest series'), operation: { kind: 'top', name: 'topk', number: '10' } },
  { label: () => t('Only the smallest series'), operation: { kind: 'top', name: 'bottomk', number: '10' } },
  { label: () => t('Quantile of a histogram'), operation: { kind: 'quantile', number: '0.95' } },
  { label: () => t('Multiply by a number'), operation: { kind: 'number', op: '*', number: '100' } },
  { label: () => t('Divide by a number'), operation: { kind: 'number', op: '/', number: '1024' } },
  { label: () => t('Add a number'), operation: { kind: 'number', op: '+', number: '1' } },
  { label: () => t('Subtract a number'), operation: { kind: 'number', op: '-', number: '1' } },
  { label: () => t('Only values above a number'), operation: { kind: 'number', op: '>', number: '0' } },
  { label: () => t('Round'), operation: { kind: 'function', name: 'round' } },
  { label: () => t('Without the sign'), operation: { kind: 'function', name: 'abs' } },
]
