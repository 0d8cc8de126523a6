import { query } from '../api'
import { aligned, rateWindowS, type Span } from '../time'
import type { MatrixSeries } from '../types'
import { chartData } from './data'
import type { ChartData, Panel } from './types'

export interface Asked {
  span: Span
  stepS: number
  /** Colours of the panel's series by name, kept from one load to the next. */
  colours: Map<string, number>
}

/** Ask for all of a panel's series in a span. */
export async function loadPanel(panel: Panel, { span, stepS, colours }: Asked, signal: AbortSignal): Promise<ChartData> {
  const { fromMs, toMs } = aligned(span, stepS)
  const [startS, endS] = [fromMs / 1000, Math.max(fromMs, toMs) / 1000]
  const answers = await Promise.all(
    panel.targets.map(({ expr }) => {
      const parameters = { query: expr.replaceAll('$window', `${rateWindowS(stepS)}s`), start: startS, end: endS, step: stepS }
      return query<MatrixSeries>('query_range', parameters, signal)
    }),
  )
  return chartData(panel, answers, { startS, endS, stepS }, colours)
}
