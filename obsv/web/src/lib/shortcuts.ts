/** What the keys of `keys.ts` and of the pages do, for the dialog that tells. */

import { words } from './i18n'

export const SHORTCUTS: readonly { keys: string[]; does: string }[] = [
  { keys: ['g', 'o'], does: words('Go to Overview') },
  { keys: ['g', 'h'], does: words('Go to Hosts') },
  { keys: ['g', 'd'], does: words('Go to Dashboards') },
  { keys: ['g', 'e'], does: words('Go to Explore') },
  { keys: ['g', 'a'], does: words('Go to Alerts') },
  { keys: ['g', 'm'], does: words('Go to Monitors') },
  { keys: ['g', 's'], does: words('Go to Status') },
  { keys: ['g', ','], does: words('Go to Settings') },
  { keys: ['Ctrl K'], does: words('Go anywhere, or do something') },
  { keys: ['/'], does: words('Search on this page') },
  { keys: ['r'], does: words('Refresh now') },
  { keys: ['t'], does: words('Choose the time range') },
  { keys: ['[', ']'], does: words('Earlier, later') },
  { keys: ['-', '+'], does: words('Zoom out, in') },
  { keys: ['v'], does: words('View a panel of a dashboard alone') },
  { keys: ['e'], does: words('Edit a dashboard, or the panel under the pointer') },
  { keys: ['?'], does: words('Show the shortcuts') },
  { keys: ['Esc'], does: words('Close, or leave a field') },
]
