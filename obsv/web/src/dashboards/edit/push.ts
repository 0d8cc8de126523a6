/**
 * Panels moved and resized on the grid: others make room, and everything rises as far as it can. Pure.
 *
 * A row is as wide as the grid, so that nothing rises past it; what lies below it, up to the next row, is its section.
 */

import { apart, overlap, type Box } from '../grid/apart'
import { sectionsOf } from '../grid/layout'
import { COLUMNS, type Grid, type Panel } from '../model'

const LEAST = 2
const HIGHEST = 200
const FAR = 100_000

export const isRow = ({ view }: Panel): boolean => view.kind === 'row'

/** How far down, at a width and height, panels are told apart by keys: the furthest that one step may lead. */
const REACH = 400

interface Item extends Box {
  panel: Panel
}

const itemOf = (panel: Panel): Item => (isRow(panel) ? { panel, x: 0, y: panel.grid.y, w: COLUMNS, h: 1 } : { panel, ...panel.grid })

const inOrder = <T extends Box>(boxes: readonly T[]): T[] => [...boxes].sort((a, b) => a.y - b.y || a.x - b.x)

/** In the order in which they are read, each risen until it meets one that stands already. */
function risen(items: readonly Item[]): Item[] {
  const settled: Item[] = []
  for (const item of inOrder(items)) {
    const above = settled.filter((one) => one.x < item.x + item.w && item.x < one.x + one.w).map((one) => one.y + one.h)
    settled.push({ ...item, y: Math.max(0, ...above) })
  }
  return settled
}

/** The panels with their new places, in the document's own order; those that stay are the same objects. */
function written(panels: readonly Panel[], items: readonly Item[]): Panel[] {
  const places = new Map(items.map(({ panel, x, y, w, h }) => [panel.id, { x, y, w, h }]))
  return panels.map((panel) => {
    const grid = places.get(panel.id) ?? panel.grid
    return sameGrid(panel.grid, grid) ? panel : { ...panel, grid }
  })
}

function sameGrid(a: Grid, b: Grid): boolean {
  return a.x === b.x && a.y === b.y && a.w === b.w && a.h === b.h
}

/** Sections below each other, none lying on another, without gaps: what the editor shows and works on. */
export function tidy(panels: readonly Panel[]): Panel[] {
  const items: Item[] = []
  let base = 0
  for (const { row, panels: inside } of sectionsOf(panels)) {
    if (row) items.push({ ...itemOf(row), y: base++ })
    const section = risen(apart(inside.map(itemOf))).map((item) => ({ ...item, y: item.y + base }))
    items.push(...section)
    base = Math.max(base, ...section.map(({ y, h }) => y + h))
  }
  return written(panels, items)
}

function within(grid: Grid): Grid {
  const w = Math.min(COLUMNS, Math.max(LEAST, grid.w))
  const h = Math.min(HIGHEST, Math.max(LEAST, grid.h))
  return { w, h, x: Math.min(COLUMNS - w, Math.max(0, grid.x)), y: Math.min(FAR, Math.max(0, grid.y)) }
}

/** Put a panel somewhere: what is in its way goes above it where there is room now, else below. */
export function place(panels: readonly Panel[], id: number, wanted: Grid): Panel[] {
  const items = tidy(panels).map(itemOf)
  const own = items.find(({ panel }) => panel.id === id)
  if (!own || isRow(own.panel)) return written(panels, items)
  const moved: Item = { ...own, ...within(wanted) }
  // It goes into the section of a row on which it is put, and does not push that row away.
  const row = items.find((one) => isRow(one.panel) && one.y === moved.y)
  if (row && own.y < row.y) moved.y = row.y + 1
  let others = items.filter((one) => one !== own)
  for (const hit of inOrder(others.filter((one) => overlap(one, moved)))) {
    const above = { ...hit, y: Math.max(0, moved.y - hit.h) }
    const isFree = !overlap(above, moved) && !others.some((one) => one !== hit && overlap(one, above))
    if (isFree) others = others.map((one) => (one === hit ? above : one))
  }
  return written(panels, risen(pushed(moved, others)))
}

/** The others below what is put somewhere, and below each other. */
function pushed(moved: Item, others: readonly Item[]): Item[] {
  const settled = [moved]
  for (const item of inOrder(others)) {
    let at = item
    for (let hit = settled.find((one) => overlap(one, at)); hit; hit = settled.find((one) => overlap(one, at))) at = { ...at, y: hit.y + hit.h }
    settled.push(at)
  }
  return settled
}

const isSame = (a: readonly Panel[], b: readonly Panel[]): boolean => a.every((panel, index) => b[index] === panel || sameGrid(panel.grid, b[index]?.grid ?? panel.grid))

/** One step by key: up and down go on until something changes, for a panel alone in its column would rise again. */
export function stepped(panels: readonly Panel[], id: number, dx: number, dy: number): Panel[] {
  const from = tidy(panels)
  const own = from.find((panel) => panel.id === id)
  if (!own) return from
  if (isRow(own)) return dy === 0 ? from : movedSection(from, id, dy)
  for (let far = 1; far <= REACH; far += 1) {
    const y = own.grid.y + dy * far
    if (y < 0 && dy !== 0) break
    const next = place(from, id, { ...own.grid, x: own.grid.x + dx, y })
    if (!isSame(from, next) || dy === 0) return next
  }
  return from
}

/** A row, with its section, before the one above or after the one below. */
export function movedSection(panels: readonly Panel[], id: number, by: number): Panel[] {
  const sections = sectionsOf(panels)
  const at = sections.findIndex(({ row }) => row?.id === id)
  const to = at + Math.sign(by)
  const [one, other] = [sections[at], sections[to]]
  // What stands above all rows has no row to change places with.
  if (!one || !other?.row) return tidy(panels)
  sections[at] = other
  sections[to] = one
  let base = 0
  const lined = sections.flatMap(({ row, panels: inside }) => {
    const top = Math.min(...inside.map(({ grid }) => grid.y))
    const shifted = [...(row ? [{ ...row, grid: { ...row.grid, y: base } }] : []), ...inside.map((panel) => ({ ...panel, grid: { ...panel.grid, y: panel.grid.y - top + base + (row ? 1 : 0) } }))]
    base = Math.max(base, ...shifted.map(({ grid }) => grid.y + grid.h))
    return shifted
  })
  const places = new Map(lined.map((panel) => [panel.id, panel.grid]))
  return tidy(panels.map((panel) => ({ ...panel, grid: places.get(panel.id) ?? panel.grid })))
}

/** One place earlier (-1) or later (1) in the order of reading, as a list has it. */
export function reordered(panels: readonly Panel[], id: number, by: -1 | 1): Panel[] {
  const from = tidy(panels)
  const order = inOrder(from.map(itemOf))
  const at = order.findIndex(({ panel }) => panel.id === id)
  const [own, next] = [order[at], order[at + by]]
  if (!own || !next) return from
  if (isRow(own.panel)) return movedSection(from, id, by)
  if (isRow(next.panel)) return place(from, id, { ...own.panel.grid, y: by > 0 ? next.y + 1 : Math.max(0, next.y - own.h), x: own.x })
  const swapped = from.map((panel) => {
    if (panel.id === id) return { ...panel, grid: { ...panel.grid, ...spot(next, own, by) } }
    if (panel.id === next.panel.id) return { ...panel, grid: { ...panel.grid, ...spot(own, next, -by) } }
    return panel
  })
  return tidy(swapped)
}

/** Where a box goes that takes another's place: beside each other they keep their line. */
function spot(there: Item, own: Item, by: number): Pick<Grid, 'x' | 'y'> {
  if (there.y !== own.y) return { x: Math.min(there.x, COLUMNS - own.w), y: there.y }
  return by > 0 ? { x: own.x + there.w, y: own.y } : { x: there.x, y: own.y }
}

/** Where a new panel of a size goes: the first gap in the last section, else below all. */
export function freeSpot(panels: readonly Panel[], w: number, h: number): Grid {
  const items = tidy(panels).map(itemOf)
  const bottom = Math.max(0, ...items.map(({ y, h: high }) => y + high))
  const top = Math.max(-1, ...items.filter(({ panel }) => isRow(panel)).map(({ y }) => y)) + 1
  for (let y = top; y < bottom; y += 1) {
    for (let x = 0; x + w <= COLUMNS; x += 1) {
      const grid = { x, y, w, h }
      if (!items.some((one) => overlap(one, grid))) return grid
    }
  }
  return { x: 0, y: bottom, w, h }
}
