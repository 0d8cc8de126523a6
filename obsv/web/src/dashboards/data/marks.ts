/** Alerts and incidents as marks on charts. */

import { listFirings } from '../../alerts/history/api'
import { titleOf } from '../../alerts/words'
import { call, serverNow } from '../../lib/api'
import type { Span } from '../../lib/time'
import { seriesText } from './names'
import type { StoredEvent } from './source'

/** An incident, as far as it marks a chart. */
interface Incident {
  title: string
  impact: string
  is_draft: boolean
  started_at_ms: number
  resolved_at_ms: number | null
}

const MOST = 200

async function fromAlerts({ fromMs, toMs }: Span, matcher: readonly string[], signal: AbortSignal): Promise<StoredEvent[]> {
  const { firings } = await listFirings({ since_ms: fromMs, until_ms: toMs, matcher, limit: MOST }, signal)
  return firings.map((firing) => ({
    time: firing.fired_at_ms,
    end: firing.ended_at_ms || Math.min(serverNow(), toMs),
    title: titleOf(firing),
    text: seriesText(firing.labels),
    tags: firing.labels.severity ? [firing.labels.severity] : [],
  }))
}

async function fromIncidents({ fromMs, toMs }: Span, signal: AbortSignal): Promise<StoredEvent[]> {
  const { incidents } = await call<{ incidents: Incident[] }>('/api/obsv/v1/incidents', { query: { before_ms: Math.ceil(toMs), limit: MOST }, signal })
  return incidents
    .filter(({ is_draft, resolved_at_ms }) => !is_draft && (resolved_at_ms ?? Infinity) >= fromMs)
    .map(({ title, impact, started_at_ms, resolved_at_ms }) => ({ time: started_at_ms, end: resolved_at_ms ?? Math.min(serverNow(), toMs), title, text: '', tags: [impact] }))
}

export function marks(of: 'alerts' | 'incidents', span: Span, matchers: readonly string[], signal: AbortSignal): Promise<StoredEvent[]> {
  return of === 'alerts' ? fromAlerts(span, matchers, signal) : fromIncidents(span, signal)
}
