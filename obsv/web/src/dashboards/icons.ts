/** Icons that dashboards alone have, so that no other page loads them. */

export const PATHS = {
  edit: 'M3 13l.8-3L10.5 3.3l2.2 2.2L6 12.2zM9 4.8l2.2 2.2',
  bin: 'M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M6.8 7v3.5M9.2 7v3.5',
  undo: 'M6 3L3 6l3 3M3 6h6a3.5 3.5 0 0 1 0 7H7',
  redo: 'M10 3l3 3-3 3M13 6H7a3.5 3.5 0 0 0 0 7h2',
  history: 'M3 8a5 5 0 1 0 1.6-3.7M3 2.5v3h3M8 5.2V8l2 1.4',
  stat: 'M4 12.5h8M5.5 5L8 3v7',
  gauge: 'M2.5 11.5a5.5 5.5 0 1 1 11 0M8 11l2.5-4',
  bars: 'M2.5 4h9M2.5 8h6M2.5 12h11',
  heatmap: 'M2.5 2.5h3.7v3.7H2.5zM9.8 2.5h3.7v3.7H9.8zM6.2 6.2h3.6v3.6H6.2zM2.5 9.8h3.7v3.7H2.5zM9.8 9.8h3.7v3.7H9.8z',
  histogram: 'M2.5 13.5v-4h3v4M5.5 13.5v-10h4v10M9.5 13.5v-6h4v6z',
  timeline: 'M2.5 4h4v3h-4zM8 4h5.5v3H8zM2.5 9.5h7v3h-7zM11 9.5h2.5v3H11z',
  pie: 'M8 2.5a5.5 5.5 0 1 0 5.5 5.5H8z',
  text: 'M3 4h10M3 7.3h10M3 10.6h6',
  row: 'M2.5 3.5h11v3h-11zM4 10h8M4 12.5h8',
} as const
