/** Arcs of a gauge: three quarters of a circle, open below. Pure. */

export const RADIUS = 40
const FIRST = (3 / 4) * Math.PI
const WHOLE = (3 / 2) * Math.PI

function point(share: number, radius: number): string {
  const angle = FIRST + WHOLE * share
  return `${(50 + radius * Math.cos(angle)).toFixed(2)} ${(50 + radius * Math.sin(angle)).toFixed(2)}`
}

/** SVG path data of the arc between two shares of it, 0 to 1. */
export function arc(from: number, to: number, radius = RADIUS): string {
  if (to <= from) return ''
  return `M${point(from, radius)}A${radius} ${radius} 0 ${(to - from) * WHOLE > Math.PI ? 1 : 0} 1 ${point(to, radius)}`
}

/** Where a value lies between bounds, 0 to 1. */
export function shareOf(value: number | null, { min, max }: { min: number; max: number }): number {
  return value === null || Number.isNaN(value) ? 0 : Math.min(1, Math.max(0, (value - min) / (max - min)))
}
