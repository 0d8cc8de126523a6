import { serverNow } from './api'
import { router } from './router.svelte'

export const REFRESH_MS = 15_000

/** The beat that every page refreshes by: each 15 s while the page is seen, unless the address says `refresh=off`. */
class Live {
  /** The server's time at the last beat. */
  nowMs = $state(serverNow())
  /** Grows whenever the person asks for fresh data; a fixed range is loaded anew only then. */
  asked = $state(0)
  readonly isOn: boolean = $derived(router.query.get('refresh') !== 'off')

  constructor() {
    setInterval(() => this.#beat(), REFRESH_MS)
    document.addEventListener('visibilitychange', () => {
      if (serverNow() - this.nowMs >= REFRESH_MS) this.#beat()
    })
  }

  /** Refresh at once. */
  now(): void {
    this.nowMs = serverNow()
    this.asked += 1
  }

  #beat(): void {
    if (this.isOn && document.visibilityState === 'visible') this.nowMs = serverNow()
  }
}

export const live = new Live()
