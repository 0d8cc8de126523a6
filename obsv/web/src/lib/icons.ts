/** One set of stroke icons on a 16 px grid: path data by name. */

import { FRAME_ICONS } from './frameicons'

export const ICONS = {
  ...FRAME_ICONS,
  up: 'M3 8.5l3.2 3.2L13 4.8',
  stale: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M8 5v3.2l2 1.6',
  refresh: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3',
  calendar: 'M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v3M10.5 2v3',
  plus: 'M8 3v10M3 8h10',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  close: 'M4 4l8 8M12 4l-8 8',
  left: 'M9.5 4.5L6 8l3.5 3.5',
  right: 'M6.5 4.5L10 8l-3.5 3.5',
  widen: 'M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.5 10.5l3 3M5 7h4',
  down: 'M4.5 6.5L8 10l3.5-3.5',
  table: 'M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.7h11M6.5 3v10',
  chart: 'M2.5 2.5v11h11M5 10l2.5-3 2 1.5L13 4.5',
  ascending: 'M8 12.5v-9M4.8 6.5L8 3.2l3.2 3.3',
  descending: 'M8 3.5v9M4.8 9.5L8 12.8l3.2-3.3',
  star: 'M8 2.2l1.8 3.7 4 .6-2.9 2.8.7 4L8 11.4l-3.6 1.9.7-4L2.2 6.5l4-.6z',
  info: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M8 7.3v3.4M8 5.3h.01',
  menu: 'M4 8h.01M8 8h.01M12 8h.01',
  expand: 'M9.5 2.5h4v4M13.5 2.5L9 7M6.5 13.5h-4v-4M2.5 13.5L7 9',
  eye: 'M1.5 8s2.4-4.2 6.5-4.2S14.5 8 14.5 8s-2.4 4.2-6.5 4.2S1.5 8 1.5 8zM8 6.3a1.7 1.7 0 1 0 0 3.4a1.7 1.7 0 1 0 0-3.4',
  hidden: 'M2.5 2.5l11 11M6.2 4.1Q7 3.8 8 3.8c4.1 0 6.5 4.2 6.5 4.2q-.7 1.2-1.9 2.3M10 11.9q-.9.3-2 .3C3.9 12.2 1.5 8 1.5 8q.8-1.4 2.3-2.6',
  play: 'M4.5 2.8l8 5.2-8 5.2z',
  folder: 'M2 4h4l1.5 1.5H14v7.5H2z',
  link: 'M9 3.5h3.5V7M12.5 3.5L7.5 8.5M11 9.5v3H3.5V5h3',
  download: 'M8 3v7M5 7.5L8 10.5l3-3M3 13h10',
} as const

export type IconName = keyof typeof ICONS
