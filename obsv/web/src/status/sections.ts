/** The parts of the place of status pages, in the order of their tabs; each one's code comes when it is opened. */

import type { Component } from 'svelte'
import { words } from '../lib/i18n'

export interface Section {
  name: string
  label: string
  load: () => Promise<{ default: Component }>
}

/** What is open where the address names none. */
export const USUAL = 'pages'

export const SECTIONS: readonly Section[] = [
  { name: USUAL, label: words('Status pages'), load: () => import('./pages/Pages.svelte') },
  { name: 'incidents', label: words('Incidents'), load: () => import('./incidents/Incidents.svelte') },
  { name: 'maintenance', label: words('Maintenance'), load: () => import('./maintenance/Maintenance.svelte') },
]
