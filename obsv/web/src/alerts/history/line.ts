/** The values around a moment as paths. Pure. */

const SINGLE = 0.01

/** A path for each stretch without a gap, from the lowest value to the highest over the height. */
export function linesOf(values: readonly (number | null)[], width: number, height: number): string[] {
  const known = values.filter((value) => value !== null)
  const [low, high] = [Math.min(...known), Math.max(...known)]
  const place = (value: number, index: number): string => {
    const x = (index / Math.max(1, values.length - 1)) * width
    const y = high > low ? height - ((value - low) / (high - low)) * height : height / 2
    return `${Number(x.toFixed(2))},${Number(y.toFixed(2))}`
  }
  const paths: string[] = []
  let points: string[] = []
  const end = (): void => {
    if (points.length > 0) paths.push(`M${points.join('L')}${points.length === 1 ? `h${SINGLE}` : ''}`)
    points = []
  }
  values.forEach((value, index) => (value === null ? end() : points.push(place(value, index))))
  end()
  return paths
}
