/** What is drawn over and under a chart: thresholds, and what happened meanwhile. */

import type uPlot from 'uplot'
import { paint } from './colours'
import type { Annotation, Axis, Level } from './types'

const AREA = 0.08
const ANNOTATION_AREA = 0.1
const FLAG_PX = 5

function within(u: uPlot, draw: (context: CanvasRenderingContext2D) => void): void {
  const { ctx, bbox } = u
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  draw(ctx)
  ctx.restore()
}

/** Each level with the value above it. */
function steps(levels: readonly Level[]): [Level, number | null][] {
  return levels.map((level, index) => [level, levels[index + 1]?.value ?? null])
}

function verticalOf(u: uPlot, value: number, axis: Axis): number {
  return u.valToPos(value, axis.key, true)
}

export function drawLevelAreas(u: uPlot, axes: readonly Axis[]): void {
  for (const axis of axes.filter(({ levelMarks }) => levelMarks.endsWith('area'))) {
    within(u, (ctx) => {
      const { left, top, width, height } = u.bbox
      for (const [level, next] of steps(axis.levels)) {
        const bottom = level.value === null ? top + height : verticalOf(u, level.value, axis)
        const ceiling = next === null ? top : verticalOf(u, next, axis)
        ctx.fillStyle = paint(level.colour, AREA)
        if (level.value !== null || next !== null) ctx.fillRect(left, ceiling, width, bottom - ceiling)
      }
    })
  }
}

export function drawLevelLines(u: uPlot, axes: readonly Axis[]): void {
  for (const axis of axes.filter(({ levelMarks }) => levelMarks !== 'none' && levelMarks !== 'area')) {
    within(u, (ctx) => {
      const { left, width } = u.bbox
      ctx.lineWidth = 1.5 * devicePixelRatio
      ctx.setLineDash(axis.levelMarks === 'dashed' ? [8 * devicePixelRatio, 6 * devicePixelRatio] : [])
      for (const { value, colour } of axis.levels) {
        if (value === null) continue
        const y = Math.round(verticalOf(u, value, axis))
        ctx.strokeStyle = paint(colour, 0.8)
        ctx.beginPath()
        ctx.moveTo(left, y)
        ctx.lineTo(left + width, y)
        ctx.stroke()
      }
    })
  }
}

export function drawAnnotations(u: uPlot, annotations: readonly Annotation[]): void {
  if (annotations.length === 0) return
  within(u, (ctx) => {
    const { top, height } = u.bbox
    const ratio = devicePixelRatio
    for (const { fromS, toS, colour } of annotations) {
      const [from, to] = [Math.round(u.valToPos(fromS, 'x', true)), Math.round(u.valToPos(toS, 'x', true))]
      if (to > from) {
        ctx.fillStyle = paint(colour, ANNOTATION_AREA)
        ctx.fillRect(from, top, to - from, height)
      }
      ctx.strokeStyle = paint(colour, 0.9)
      ctx.lineWidth = ratio
      ctx.setLineDash([4 * ratio, 3 * ratio])
      ctx.beginPath()
      ctx.moveTo(from + 0.5, top)
      ctx.lineTo(from + 0.5, top + height)
      ctx.stroke()
      ctx.fillStyle = paint(colour)
      ctx.beginPath()
      ctx.moveTo(from - FLAG_PX * ratio, top + height)
      ctx.lineTo(from + FLAG_PX * ratio, top + height)
      ctx.lineTo(from, top + height - 1.6 * FLAG_PX * ratio)
      ctx.fill()
    }
  })
}
