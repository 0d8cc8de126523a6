/** What this browser remembers between visits; nothing where storage is refused. */

export function remembered(key: string): string {
  try {
    return localStorage.getItem(key) ?? ''
  } catch {
    return ''
  }
}

/** An empty value forgets it. */
export function remember(key: string, value: string): void {
  try {
    if (value) localStorage.setItem(key, value)
    else localStorage.removeItem(key)
  } catch {
    // It holds until the page is closed, then.
  }
}
