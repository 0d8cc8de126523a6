/** What the keys of `keys.ts` and of the pages do, for the dialog that tells. */

export const SHORTCUTS: readonly { keys: string[]; does: string }[] = [
  { keys: ['g', 'o'], does: 'Go to Overview' },
  { keys: ['g', 'h'], does: 'Go to Hosts' },
  { keys: ['g', 'd'], does: 'Go to Dashboards' },
  { keys: ['g', 'e'], does: 'Go to Explore' },
  { keys: ['g', 's'], does: 'Go to Settings' },
  { keys: ['Ctrl K'], does: 'Go anywhere, or do something' },
  { keys: ['/'], does: 'Search on this page' },
  { keys: ['r'], does: 'Refresh now' },
  { keys: ['t'], does: 'Choose the time range' },
  { keys: ['[', ']'], does: 'Earlier, later' },
  { keys: ['-', '+'], does: 'Zoom out, in' },
  { keys: ['v'], does: 'View a panel of a dashboard alone' },
  { keys: ['e'], does: 'Edit a dashboard, or the panel under the pointer' },
  { keys: ['?'], does: 'Show the shortcuts' },
  { keys: ['Esc'], does: 'Close, or leave a field' },
]
