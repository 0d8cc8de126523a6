import { serverNow } from './api'
import { router } from './router.svelte'

const USUAL = '15s'

/** How often a page may refresh: as the address has it, in ms. */
export const BEATS: Readonly<Record<string, number>> = {
  '5s': 5000,
  '10s': 10_000,
  '15s': 15_000,
  '30s': 30_000,
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '30m': 1_800_000,
  '1h': 3_600_000,
  '2h': 7_200_000,
  '1d': 86_400_000,
}
const TICK_MS = 1000
// A timer may come a little early.
const SLACK_MS = 500

/** The beat that every page refreshes by, while it is seen: each 15 s, unless the page or its address (`refresh`) says otherwise. */
class Live {
  /** The server's time at the last beat. */
  nowMs = $state(serverNow())
  /** Grows whenever the person asks for fresh data; a fixed range is loaded anew only then. */
  asked = $state(0)
  /** What holds where the address says nothing: a key of `BEATS`, or `off`. */
  usual = $state(USUAL)
  readonly every: string = $derived(this.#known(router.query.get('refresh')) ?? this.#known(this.usual) ?? USUAL)
  readonly isOn: boolean = $derived(this.every !== 'off')

  constructor() {
    setInterval(() => this.#tick(), TICK_MS)
    document.addEventListener('visibilitychange', () => this.#tick())
  }

  /** Refresh at once. */
  now(): void {
    this.nowMs = serverNow()
    this.asked += 1
  }

  #known(every: string | null): string | undefined {
    return every !== null && (every === 'off' || Object.hasOwn(BEATS, every)) ? every : undefined
  }

  #tick(): void {
    const length = BEATS[this.every]
    if (length === undefined || document.visibilityState !== 'visible') return
    const now = serverNow()
    if (now - this.nowMs >= length - SLACK_MS) this.nowMs = now
  }
}

export const live = new Live()
