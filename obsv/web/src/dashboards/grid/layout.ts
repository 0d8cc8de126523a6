/** Where panels lie, once rows are folded and panels repeated. Pure. */

import { COLUMNS, type Panel, type Row } from '../model'
import type { Scope } from '../variables/interpolate'
import { apart } from './apart'

/** A panel in its place, with what variables stand for in it. */
export interface Placed {
  /** Of the panel, and of what it is repeated for. */
  key: string
  panel: Panel
  scope: Scope
  x: number
  y: number
  w: number
  h: number
}

/** A heading, with what lies below it up to the next. */
export interface Section {
  row: Panel | undefined
  panels: Panel[]
}

export function sectionsOf(panels: readonly Panel[]): Section[] {
  const sections: Section[] = [{ row: undefined, panels: [] }]
  const inOrder = [...panels].sort((a, b) => a.grid.y - b.grid.y || a.grid.x - b.grid.x)
  for (const panel of inOrder) {
    if (panel.view.kind === 'row') sections.push({ row: panel, panels: [] })
    else sections.at(-1)?.panels.push(panel)
  }
  return sections
}

/** One scope for each value of the variable that something is repeated for; the given one if it is not. */
function scopesOf({ repeat }: Panel, scope: Scope): { suffix: string; scope: Scope }[] {
  const chosen = repeat ? scope.get(repeat.variable) : undefined
  if (!repeat || !chosen || chosen.values.length === 0) return [{ suffix: '', scope }]
  return chosen.values.map((value, index) => {
    const one = { values: [value], texts: [chosen.texts?.[index] ?? value], isSeveral: chosen.isSeveral }
    return { suffix: `:${value}`, scope: new Map([...scope, [repeat.variable, one]]) }
  })
}

/** A panel as often as it is repeated, from a height on; and how much higher all together are than one. */
function repeated(panel: Panel, y: number, scope: Scope, suffix: string): { placed: Placed[]; extra: number } {
  const { x, w, h } = panel.grid
  const scopes = scopesOf(panel, scope)
  const isBeside = panel.repeat?.direction !== 'v' && scopes.length > 1
  const across = isBeside ? Math.min(scopes.length, panel.repeat?.most ?? 1) : 1
  const width = isBeside ? Math.floor(COLUMNS / across) : w
  const placed = scopes.map((one, index) => ({
    key: `${panel.id}${suffix}${one.suffix}`,
    panel,
    scope: one.scope,
    x: isBeside ? (index % across) * width : x,
    y: y + Math.floor(index / across) * h,
    w: Math.min(width, COLUMNS - (isBeside ? 0 : x)),
    h,
  }))
  return { placed, extra: (Math.ceil(scopes.length / across) - 1) * h }
}

/** The panels of a section below `base`; each repeated one moves those below it, and none lies on another. */
function placedBelow(panels: readonly Panel[], top: number, base: number, scope: Scope, suffix: string): Placed[] {
  const shifts: { below: number; by: number }[] = []
  const placed = panels.flatMap((panel) => {
    const { y, h } = panel.grid
    const shift = shifts.filter(({ below }) => y >= below).reduce((sum, { by }) => sum + by, 0)
    const { placed, extra } = repeated(panel, base + y - top + shift, scope, suffix)
    if (extra > 0) shifts.push({ below: y + h, by: extra })
    return placed
  })
  return apart(placed)
}

/** All panels in the order in which they are read; `toggled` are keys of rows that were folded or unfolded by hand. */
export function layoutOf(panels: readonly Panel[], scope: Scope, toggled: ReadonlySet<string>): Placed[] {
  const out: Placed[] = []
  let base = 0
  for (const { row, panels: below } of sectionsOf(panels)) {
    const top = Math.min(...below.map(({ grid }) => grid.y))
    for (const { suffix, scope: own } of row ? scopesOf(row, scope) : [{ suffix: '', scope }]) {
      if (row) {
        const heading = { key: `${row.id}${suffix}`, panel: row, scope: own, x: 0, y: base, w: COLUMNS, h: 1 }
        out.push(heading)
        base += 1
        if (isFolded(heading, toggled)) continue
      }
      const placed = placedBelow(below, top, base, own, suffix)
      out.push(...placed)
      base = Math.max(base, ...placed.map(({ y, h }) => y + h))
    }
  }
  return out.sort((a, b) => a.y - b.y || a.x - b.x)
}

export function isFolded({ key, panel }: Pick<Placed, 'key' | 'panel'>, toggled: ReadonlySet<string>): boolean {
  return (panel.view as Row).folded !== toggled.has(key)
}
