/** Whether the server answers at all. What a person sees while it does not is from before. */
class Connection {
  /** The last answer's time by our own clock. */
  answeredMs = $state(Date.now())
  isLost = $state(false)

  found(): void {
    this.answeredMs = Date.now()
    this.isLost = false
  }

  lost(): void {
    this.isLost = true
  }
}

export const connection = new Connection()
