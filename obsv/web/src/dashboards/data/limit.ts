/** Work that waits its turn, and answers that several wait for. */

type Job = () => void

/** At most so many at a time, in the order in which they came. */
export class Turnstile {
  #free: number
  #waiting: Job[] = []

  constructor(most: number) {
    this.#free = most
  }

  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#enter(signal)
    try {
      return await work()
    } finally {
      this.#free += 1
      this.#waiting.shift()?.()
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== enter)
        reject(signal.reason as Error)
      }
      const enter = (): void => {
        signal.removeEventListener('abort', leave)
        this.#free -= 1
        resolve()
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(enter)
    })
  }
}

interface Shared<T> {
  answer: Promise<T>
  controller: AbortController
  users: number
}

/** One request for all who want the same at once; it is given up when nobody wants it any more. */
export class Sharing<T> {
  #running = new Map<string, Shared<T>>()

  async get(key: string, load: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted()
    const shared = this.#running.get(key) ?? this.#begin(key, load)
    shared.users += 1
    const leave = (): void => {
      shared.users -= 1
      if (shared.users === 0) {
        // Who comes after must not join what is given up.
        if (this.#running.get(key) === shared) this.#running.delete(key)
        shared.controller.abort()
      }
    }
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => {
        leave()
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      shared.answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    })
  }

  #begin(key: string, load: (signal: AbortSignal) => Promise<T>): Shared<T> {
    const controller = new AbortController()
    const answer = load(controller.signal)
    const shared = { answer, controller, users: 0 }
    this.#running.set(key, shared)
    const end = (): void => {
      if (this.#running.get(key) === shared) this.#running.delete(key)
    }
    answer.then(end, end)
    return shared
  }
}
