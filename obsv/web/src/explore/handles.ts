/** What the page may ask of its parts. */

export interface RowHandle {
  /** Take over a metric that was chosen beside. */
  takeMetric: (metric: string) => void
  /** Narrow what is asked by a label, or ask for the metric with it. */
  takeLabel: (metric: string, label: string, value: string) => void
}

export interface ResultsHandle {
  download: (ending: 'csv' | 'json') => Promise<void>
}
