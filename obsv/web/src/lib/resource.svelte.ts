import { ApiError } from './api'
import { t } from './i18n'

function asApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause
  return new ApiError(0, t('Something went wrong here'), cause instanceof Error ? cause.message : String(cause))
}

/** Something loaded from the server. While it is loaded anew, or when that fails, what is there stays. */
export class Resource<T> {
  data = $state.raw<T>()
  error = $state.raw<ApiError>()
  busy = $state(false)
  #load: (signal: AbortSignal) => Promise<T>
  #running: AbortController | undefined

  constructor(load: (signal: AbortSignal) => Promise<T>) {
    this.#load = load
  }

  /** The error, unless it is that nothing answers, which the frame tells for the whole page, beside data that stay. */
  get problem(): ApiError | undefined {
    return this.data !== undefined && this.error?.status === 0 ? undefined : this.error
  }

  /** Load it; an older load that still runs is given up. */
  async refresh(): Promise<void> {
    this.stop()
    const running = new AbortController()
    this.#running = running
    this.busy = true
    try {
      const data = await this.#load(running.signal)
      if (running.signal.aborted) return
      this.data = data
      this.error = undefined
    } catch (cause) {
      if (running.signal.aborted) return
      this.error = asApiError(cause)
    } finally {
      if (this.#running === running) {
        this.#running = undefined
        this.busy = false
      }
    }
  }

  stop(): void {
    this.#running?.abort()
    this.#running = undefined
    this.busy = false
  }
}
