/** The charts of a monitor, over its own metrics. */

import type { Panel } from '../lib/charts/types'
import { t } from '../lib/i18n'
import { selector } from '../lib/promql'
import type { Kind } from './api'

/** So that a check that comes a little late leaves no gap. */
const SLACK = 1.5

/** In the order of their time; words of the metrics' labels. */
const PHASES = ['resolve', 'connect', 'tls', 'processing', 'transfer', 'rtt', 'request']

interface Watched {
  name: string
  kind: Kind
  intervalS: number
}

function phaseName(phase: string): string {
  const names: Readonly<Record<string, string>> = {
    resolve: t('name'),
    connect: t('connect'),
    tls: 'TLS',
    processing: t('first byte'),
    transfer: t('receive'),
    rtt: t('echo'),
    request: t('answer'),
  }
  return names[phase] ?? phase
}

/** How long checks took: by phase where a kind has them, without those that there were not, such as TLS over http. `stepS` is the chart's. */
export function responsePanel({ name, kind, intervalS }: Watched, stepS: number): Panel {
  const labels = selector({ job: 'monitor', monitor: name })
  const window = `[${Math.max(stepS, Math.ceil(intervalS * SLACK))}s]`
  const phases = { http: 'probe_http_duration_seconds', ping: 'probe_icmp_duration_seconds', dns: 'probe_dns_duration_seconds' }[kind as string]
  const common = { id: 'response', unit: 'seconds' } as const
  if (!phases) {
    const title = kind === 'heartbeat' ? t('How long the job ran') : t('Response time')
    const expr = `max(max_over_time(probe_duration_seconds${labels}${window}))`
    return { ...common, title, isOptional: kind === 'heartbeat', targets: [{ expr, name: () => (kind === 'heartbeat' ? t('ran') : t('connect')) }] }
  }
  return {
    ...common,
    title: t('Response time'),
    isStacked: true,
    order: PHASES.map(phaseName),
    targets: [{ expr: `avg by (phase) (avg_over_time(${phases}${labels}${window})) > 0`, name: ({ phase = '' }) => phaseName(phase) }],
  }
}
