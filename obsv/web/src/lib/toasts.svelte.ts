const SHOWN_MS = 5000

/** Short messages about what was just done, read out politely. */
class Toasts {
  text = $state('')
  #timer: ReturnType<typeof setTimeout> | undefined

  say(text: string): void {
    clearTimeout(this.#timer)
    this.text = text
    this.#timer = setTimeout(() => (this.text = ''), SHOWN_MS)
  }
}

export const toasts = new Toasts()
