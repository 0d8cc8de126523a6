/** What the keys of `keys.ts` and of the pages do, for the dialog that tells. */

export const SHORTCUTS: readonly { keys: string[]; does: string }[] = [
  { keys: ['g', 'o'], does: 'Go to Overview' },
  { keys: ['g', 'h'], does: 'Go to Hosts' },
  { keys: ['g', 's'], does: 'Go to Settings' },
  { keys: ['/', 'Ctrl K'], does: 'Search hosts' },
  { keys: ['r'], does: 'Refresh now' },
  { keys: ['t'], does: 'Choose the time range' },
  { keys: ['[', ']'], does: 'Earlier, later' },
  { keys: ['-', '+'], does: 'Zoom out, in' },
  { keys: ['?'], does: 'Show the shortcuts' },
  { keys: ['Esc'], does: 'Close, or leave a field' },
]
