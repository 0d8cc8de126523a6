const SHOWN_MS = 5000
/** As long as something can be undone from there. */
const UNDO_MS = 10_000

/** What can be done about a message, such as undoing what it tells. */
interface Action {
  label: string
  does: () => void
}

/** Short messages about what was just done, read out politely. */
class Toasts {
  text = $state('')
  action = $state.raw<Action>()
  #timer: ReturnType<typeof setTimeout> | undefined

  say(text: string, action?: Action): void {
    clearTimeout(this.#timer)
    this.text = text
    this.action = action
    this.#timer = setTimeout(() => this.close(), action ? UNDO_MS : SHOWN_MS)
  }

  close(): void {
    this.text = ''
    this.action = undefined
  }
}

export const toasts = new Toasts()
