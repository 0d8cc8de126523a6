/** In which zone times are told, and by how many hours the clock counts. */

import { countsTwelve } from './i18n'

export const BROWSERS = new Intl.DateTimeFormat().resolvedOptions().timeZone

/** The person's choice, and what a page says for itself. */
class Zone {
  /** An IANA name; the browser's if empty. */
  chosen = $state('')
  /** A dashboard may have its own. */
  pages = $state('')
  /** `12`, `24`, or as the language has it. */
  clock = $state<'' | '12' | '24'>('')

  get name(): string {
    return this.pages || this.chosen || BROWSERS
  }

  get hasTwelveHours(): boolean {
    if (this.clock) return this.clock === '12'
    return countsTwelve()
  }
}

export const zone = new Zone()

/** The name, if the browser knows a zone by it. */
export function known(name: string): string {
  try {
    return name && new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone && name
  } catch {
    return ''
  }
}

/** A page's own zone; one that nobody knows is none. */
export function showIn(name: string): void {
  zone.pages = known(name)
}
