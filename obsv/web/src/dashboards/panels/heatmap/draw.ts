/** A heatmap as uPlot draws it: one cell a bucket and time. */

import type uPlot from 'uplot'
import { hexColour, mix } from '../../../charts/colours'
import { axisLook, type Drawing } from '../../../charts/plot'
import type { Heatmap } from '../../model'
import type { Bucket, Cells } from './cells'

const SHADES = 64
const LABEL_PX = 18
const CHARACTER_PX = 7

const STOPS: Readonly<Record<Heatmap['scheme'], readonly string[]>> = {
  accent: ['accent-soft', 'accent'],
  grey: ['line', 'text'],
  heat: ['line', 'warn', 'bad'],
  spectrum: ['info', 'ok', 'warn', 'bad'],
}

/** A colour of a scheme; `share` from 0 to 1. */
export function shadeOf(scheme: Heatmap['scheme'], share: number): string {
  const stops = STOPS[scheme].map(hexColour)
  const place = share * (stops.length - 1)
  const index = Math.min(stops.length - 2, Math.floor(place))
  return mix(stops[index] ?? '#888888', stops[index + 1] ?? '#888888', place - index)
}

/** Where a count lies between none and the most, 0 to 1. */
function intensity(count: number, max: number, scale: Heatmap['scale']): number {
  if (max <= 0) return 0
  if (scale === 'sqrt') return Math.sqrt(count / max)
  return scale === 'log' ? Math.log1p(count) / Math.log1p(max) : count / max
}

function drawCells(u: uPlot, { times, counts, max }: Cells, stepS: number, { scheme, scale }: Heatmap): void {
  const { ctx, bbox } = u
  const shades = Array.from({ length: SHADES }, (_, index) => shadeOf(scheme, index / (SHADES - 1)))
  const lefts = times.map((time) => Math.round(u.valToPos(time - stepS / 2, 'x', true)))
  const width = Math.max(1, Math.ceil(u.valToPos((times[0] ?? 0) + stepS, 'x', true) - u.valToPos(times[0] ?? 0, 'x', true)))
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  counts.forEach((row, index) => {
    const [bottom, top] = [Math.round(u.valToPos(index, 'y', true)), Math.round(u.valToPos(index + 1, 'y', true))]
    row.forEach((count, at) => {
      if (!count) return
      ctx.fillStyle = shades[Math.round(intensity(count, max, scale) * (SHADES - 1))] ?? '#888888'
      ctx.fillRect(lefts[at] ?? 0, top, width, Math.max(1, bottom - top - (bottom - top > 6 ? 1 : 0)))
    })
  })
  ctx.restore()
}

/** As wide as its longest label; there are none before the first drawing. */
function widthOf(_: uPlot, values: string[] | null): number {
  return Math.max(40, 18 + CHARACTER_PX * Math.max(0, ...(values ?? []).map((value) => value.length)))
}

/** Buckets stand in equal rows, with their bounds beside them. */
export function drawHeatmap(cells: Cells, stepS: number, view: Heatmap, told: (value: number) => string): Drawing {
  const { buckets } = cells
  const bound = (index: number): string => {
    const bucket: Bucket | undefined = buckets[index]
    return bucket ? told(bucket.low) : told(buckets.at(-1)?.high ?? 0)
  }
  return {
    isCells: true,
    series: [{ scale: 'y', paths: () => null, points: { show: false } }],
    scales: { y: { range: () => [0, Math.max(1, buckets.length)] } },
    axes: [
      {
        ...axisLook(),
        scale: 'y',
        grid: { show: false },
        gap: 6,
        size: widthOf,
        splits: (u) => {
          const every = Math.max(1, Math.ceil((buckets.length * LABEL_PX) / Math.max(1, u.height - 40)))
          return Array.from({ length: Math.floor(buckets.length / every) + 1 }, (_, index) => index * every)
        },
        values: (_, splits) => splits.map(bound),
      },
    ],
    under: (u) => drawCells(u, cells, stepS, view),
  }
}
