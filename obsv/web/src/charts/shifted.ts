/** Paths that are kept while a chart's time is moved: building them anew is most of what a frame costs. */

import type uPlot from 'uplot'

type Paths = NonNullable<ReturnType<uPlot.Series.PathBuilder>>

/** For what the paths were built, all but the place along the axis. */
interface Place {
  data: uPlot.AlignedData
  width: number
  height: number
  top: number
  duration: number
  low: number
  high: number
}

interface Kept {
  place: Place
  /** Where on the canvas the first time of the axis was, and which it was. */
  left: number
  fromS: number
  paths: Paths | null
}

function placeOf(u: uPlot, scale: string): Place {
  const { x } = u.scales
  const y = u.scales[scale]
  const { width, height, top } = u.bbox
  return { data: u.data, width, height, top, duration: (x?.max ?? 0) - (x?.min ?? 0), low: y?.min ?? 0, high: y?.max ?? 0 }
}

function isSame(one: Place, other: Place): boolean {
  return (Object.keys(one) as (keyof Place)[]).every((key) =>
    key === 'duration' ? Math.abs(one.duration - other.duration) < 1e-6 * one.duration : one[key] === other[key],
  )
}

function along(path: Path2D, distance: number): Path2D {
  const moved = new Path2D()
  moved.addPath(path, new DOMMatrix([1, 0, 0, 1, distance, 0]))
  return moved
}

function alongAll<Path>(path: Path, distance: number): Path {
  if (path instanceof Path2D) return along(path, distance) as Path
  if (Array.isArray(path)) return path.map((one: unknown) => alongAll(one, distance)) as Path
  if (path instanceof Map) return new Map([...path].map(([key, one]) => [key, alongAll<unknown>(one, distance)])) as Path
  return path
}

function movedBy(paths: Paths, distance: number): Paths {
  const gaps = paths.gaps?.map(([from, to]) => [from + distance, to + distance] as [number, number])
  return {
    ...paths,
    stroke: alongAll(paths.stroke, distance),
    fill: alongAll(paths.fill, distance),
    clip: alongAll(paths.clip, distance),
    band: alongAll(paths.band, distance),
    ...(gaps ? { gaps } : {}),
  } as Paths
}

/** What builds a series' paths, of all its points; where only the time has moved since, those it has are put along. */
export function shifted(build: uPlot.Series.PathBuilder): uPlot.Series.PathBuilder {
  let kept: Kept | undefined
  return (u, series) => {
    const place = placeOf(u, u.series[series]?.scale ?? 'y')
    const fromS = u.scales.x?.min ?? 0
    if (!kept || !isSame(kept.place, place)) {
      kept = { place, left: u.bbox.left, fromS, paths: build(u, series, 0, u.data[0].length - 1) }
      return kept.paths
    }
    const distance = ((kept.fromS - fromS) / place.duration) * place.width + u.bbox.left - kept.left
    return kept.paths && distance !== 0 ? movedBy(kept.paths, distance) : kept.paths
  }
}
