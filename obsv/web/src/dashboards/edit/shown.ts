/** What of the panels the editor shows where: rows may be folded, which hides their sections. Pure. */

import { sectionsOf } from '../grid/layout'
import type { Grid, Panel } from '../model'

export interface Shown {
  panel: Panel
  grid: Grid
}

interface View {
  /** In the order in which they are read. */
  shown: Shown[]
  /** At which height of the document something is that is shown at a height. */
  fromShown: (y: number) => number
}

/** `panels` must be tidy. */
export function shownOf(panels: readonly Panel[], folded: ReadonlySet<number>): View {
  const shown: Shown[] = []
  const hidden: { from: number; height: number }[] = []
  let less = 0
  for (const { row, panels: inside } of sectionsOf(panels)) {
    if (row) shown.push({ panel: row, grid: { ...row.grid, y: row.grid.y - less, h: 1 } })
    if (row && folded.has(row.id)) {
      const height = Math.max(0, ...inside.map(({ grid }) => grid.y + grid.h)) - row.grid.y - 1
      hidden.push({ from: row.grid.y - less, height: Math.max(0, height) })
      less += Math.max(0, height)
    } else shown.push(...inside.map((panel) => ({ panel, grid: { ...panel.grid, y: panel.grid.y - less } })))
  }
  return { shown, fromShown: (y) => hidden.filter(({ from }) => y > from).reduce((sum, { height }) => sum + height, y) }
}
