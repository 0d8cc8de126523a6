/** What can be undone and done again. Pure. */

export interface History<T> {
  past: readonly T[]
  now: T
  future: readonly T[]
  /** Of the newest change; another one of the same name joins it. */
  name: string
}

const MOST = 200

export function begun<T>(now: T): History<T> {
  return { past: [], now, future: [], name: '' }
}

/** A further change. Letters typed into one field are one change: those of the same name, unless it is empty. */
export function changed<T>(history: History<T>, now: T, name = ''): History<T> {
  if (now === history.now) return history
  const joins = name !== '' && name === history.name && history.past.length > 0
  const past = joins ? history.past : [...history.past, history.now].slice(-MOST)
  return { past, now, future: [], name }
}

export function undone<T>(history: History<T>): History<T> {
  const { past, now, future } = history
  const before = past.at(-1)
  return before === undefined ? history : { past: past.slice(0, -1), now: before, future: [now, ...future], name: '' }
}

export function redone<T>(history: History<T>): History<T> {
  const { past, now, future } = history
  const [next, ...rest] = future
  return next === undefined ? history : { past: [...past, now], now: next, future: rest, name: '' }
}
