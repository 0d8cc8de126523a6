/** Which of the eight colours a series has. Pure but for the map that it fills. */

export const COLOURS = 8

/** The last colour, dashed: for lines that are no measurement. */
export const REFERENCE_COLOUR = 2 * COLOURS - 1

/**
 * Give each name a colour that it keeps: `known` remembers those of before, whatever else is shown meanwhile.
 * The names in `order` have their places; others take what is free, in their own order.
 */
export function assignColours(known: Map<string, number>, names: readonly string[], order: readonly string[] = []): void {
  const taken = new Set(known.values())
  const isFixed = (name: string): boolean => order.includes(name)
  for (const name of names.filter((one) => isFixed(one) && !known.has(one))) {
    known.set(name, order.indexOf(name))
    taken.add(order.indexOf(name))
  }
  for (const name of names.filter((one) => !known.has(one))) {
    let colour = 0
    while (taken.has(colour)) colour += 1
    known.set(name, colour)
    taken.add(colour)
  }
}
