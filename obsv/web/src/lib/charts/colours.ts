/** Which of the eight colours a series has: its own, whatever else is shown. Pure. */

export const COLOURS = 8

function hash(text: string): number {
  let value = 2_166_136_261
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0
  return value
}

/** A colour a name; the names in `order` have the first ones, others by their hash, beside those taken. */
export function coloursFor(names: readonly string[], order: readonly string[] = []): Map<string, number> {
  const found = new Map<string, number>()
  const taken = new Set<number>()
  for (const name of names) {
    const place = order.indexOf(name)
    if (place === -1) continue
    found.set(name, place)
    taken.add(place)
  }
  for (const name of [...names].sort()) {
    if (found.has(name)) continue
    const round = Math.floor(taken.size / COLOURS) * COLOURS
    let colour = round + (hash(name) % COLOURS)
    while (taken.has(colour)) colour = colour + 1 < round + COLOURS ? colour + 1 : taken.size < round + COLOURS ? round : colour + 1
    found.set(name, colour)
    taken.add(colour)
  }
  return found
}
