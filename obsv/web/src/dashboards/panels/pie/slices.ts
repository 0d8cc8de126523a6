/** Slices of a pie. Pure. */

export interface Slice {
  path: string
  share: number
  /** The middle, where its label stands. */
  x: number
  y: number
}

const RADIUS = 46

function at(share: number, radius: number): [number, number] {
  const angle = 2 * Math.PI * share - Math.PI / 2
  return [50 + radius * Math.cos(angle), 50 + radius * Math.sin(angle)]
}

const told = ([x, y]: [number, number]): string => `${x.toFixed(2)} ${y.toFixed(2)}`

/** One a value, clockwise from the top; what is not above zero has none. */
export function slicesOf(values: readonly number[], innerRadius: number): Slice[] {
  const total = values.reduce((sum, value) => sum + value, 0)
  let sofar = 0
  return values.map((value) => {
    const share = total > 0 ? value / total : 0
    // A whole circle has no beginning: its arc would have no length.
    const [from, to] = [sofar, sofar + Math.min(share, 0.99999)]
    sofar += share
    const large = share > 0.5 ? 1 : 0
    const outer = `M${told(at(from, RADIUS))}A${RADIUS} ${RADIUS} 0 ${large} 1 ${told(at(to, RADIUS))}`
    const inner = innerRadius > 0 ? `L${told(at(to, innerRadius))}A${innerRadius} ${innerRadius} 0 ${large} 0 ${told(at(from, innerRadius))}Z` : 'L50 50Z'
    const [x, y] = at((from + to) / 2, innerRadius > 0 ? (RADIUS + innerRadius) / 2 : RADIUS * 0.65)
    return { path: outer + inner, share, x, y }
  })
}
