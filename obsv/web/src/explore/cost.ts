/** What a query found and cost, in words. */

import { t, tn } from '../lib/i18n'
import { durationText } from '../lib/time'
import type { Outcome } from './run'

const grouping = new Intl.NumberFormat('en')

function timeText(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`
}

/** `12 series · 4,320 samples · 3 ms · step 15s`. */
export function costText({ series, samples, tookMs, stepS }: Outcome): string {
  const parts = [
    tn(series, '{n} series', '{n} series'),
    ...(samples === undefined ? [] : [samples === 1 ? t('1 sample') : t('{n} samples', { n: grouping.format(samples) })]),
    ...(tookMs === undefined ? [] : [timeText(tookMs)]),
    ...(stepS === undefined ? [] : [t('step {step}', { step: durationText(stepS) })]),
  ]
  return parts.join(' · ')
}
