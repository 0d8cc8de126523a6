/** Which lines of a chart are seen: one alone by a click, more or fewer with ctrl or shift. Pure. */

/** The keys that are hidden after a click on `key`. */
export function clicked(hidden: ReadonlySet<string>, all: readonly string[], key: string, isAdding: boolean): Set<string> {
  if (isAdding) {
    const next = new Set(hidden)
    if (!next.delete(key)) next.add(key)
    // Nothing at all would be no use.
    return all.every((one) => next.has(one)) ? new Set() : next
  }
  const isAlone = all.every((one) => (one === key) !== hidden.has(one))
  return isAlone ? new Set() : new Set(all.filter((one) => one !== key))
}
