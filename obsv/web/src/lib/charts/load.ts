import { query } from '../api'
import { aligned, rateWindow, type Span } from '../time'
import type { MatrixSeries } from '../types'
import { chartData } from './data'
import type { ChartData, Panel } from './types'

/** Ask for all of a panel's series in a span. */
export async function loadPanel(panel: Panel, span: Span, stepS: number, signal: AbortSignal): Promise<ChartData> {
  const { fromMs, toMs } = aligned(span, stepS)
  const [start, end] = [fromMs / 1000, Math.max(fromMs, toMs) / 1000]
  const answers = await Promise.all(
    panel.targets.map(({ expr }) => {
      const parameters = { query: expr.replaceAll('$window', rateWindow(stepS)), start, end, step: stepS }
      return query<MatrixSeries>('query_range', parameters, signal)
    }),
  )
  return chartData(panel, answers, start, end, stepS)
}
