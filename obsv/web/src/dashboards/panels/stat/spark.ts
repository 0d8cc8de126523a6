/** The line behind a large number. Pure. */

export const WIDTH = 100
export const HEIGHT = 30

/** SVG path data of a line with gaps, from the smallest value to the largest; `area` is closed along the ground. */
export function sparkPath(values: readonly number[]): { line: string; area: string } {
  const finite = values.filter(Number.isFinite)
  const [low, high] = [Math.min(...finite), Math.max(...finite)]
  const height = high > low ? high - low : 1
  const parts = values.map((value, index) => {
    if (!Number.isFinite(value)) return ''
    const x = ((index / Math.max(1, values.length - 1)) * WIDTH).toFixed(2)
    const y = (HEIGHT - 2 - ((value - low) / height) * (HEIGHT - 4)).toFixed(2)
    return `${index > 0 && Number.isFinite(values[index - 1]) ? 'L' : 'M'}${x} ${y}`
  })
  const line = parts.join('')
  const isWhole = finite.length === values.length && values.length > 1
  return { line, area: isWhole ? `${line}V${HEIGHT}H0Z` : '' }
}
