/** The kinds of panel in words, in the order in which they are offered. */

import { ICONS } from '../../lib/icons'
import { t } from '../../lib/i18n'
import { PATHS } from '../icons'
import type { Kind } from './panels'

export interface Named {
  kind: Kind
  label: string
  /** A path of an icon. */
  icon: string
}

export function kinds(): Named[] {
  return [
    { kind: 'timeseries', label: t('Time series'), icon: ICONS.chart },
    { kind: 'stat', label: t('Stat'), icon: PATHS.stat },
    { kind: 'gauge', label: t('Gauge'), icon: PATHS.gauge },
    { kind: 'bargauge', label: t('Bar gauge'), icon: PATHS.bars },
    { kind: 'table', label: t('Table'), icon: ICONS.table },
    { kind: 'heatmap', label: t('Heatmap'), icon: PATHS.heatmap },
    { kind: 'histogram', label: t('Histogram'), icon: PATHS.histogram },
    { kind: 'state-timeline', label: t('State timeline'), icon: PATHS.timeline },
    { kind: 'pie', label: t('Pie'), icon: PATHS.pie },
    { kind: 'alert-list', label: t('Alert list'), icon: ICONS.alerts },
    { kind: 'text', label: t('Text'), icon: PATHS.text },
    { kind: 'row', label: t('Row'), icon: PATHS.row },
  ]
}
