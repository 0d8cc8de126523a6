/** The parts of the alerts' place, in the order of their tabs; each one's code comes when it is opened. */

import type { Component } from 'svelte'
import { words } from '../lib/i18n'

export interface Section {
  name: string
  label: string
  /** Whether it shows a time that one chooses. */
  hasRange?: boolean
  load: () => Promise<{ default: Component }>
}

export const SECTIONS: readonly Section[] = [
  { name: '', label: words('Firing'), load: () => import('./Firing.svelte') },
  { name: 'rules', label: words('Rules'), load: () => import('./rules/Rules.svelte') },
  { name: 'routing', label: words('Routing'), load: () => import('./routing/Routing.svelte') },
  { name: 'history', label: words('History'), load: () => import('./history/History.svelte'), hasRange: true },
  { name: 'silences', label: words('Silences'), load: () => import('./Silences.svelte') },
  { name: 'channels', label: words('Channels'), load: () => import('./channels/Channels.svelte') },
]
