/** A panel under the pointer: carried to another place, or drawn to another size. */

import { COLUMNS, type Grid, type Panel } from '../model'
import { movedSection, place, tidy } from './push'

/** Of the grid, in pixels; as its style has it. */
export const [ROW_PX, GAP_PX] = [32, 8]
const STEP_PX = ROW_PX + GAP_PX
const EDGE_PX = 56
const SCROLL_PX = 12
/** A click that trembles is none. */
const LEAST_PX = 4

interface Held {
  id: number
  way: 'move' | 'resize'
  from: readonly Panel[]
  grid: Grid
  x: number
  y: number
}

export class Dragging {
  /** Panels as they would be if it ended here. */
  preview = $state.raw<readonly Panel[]>()
  id = $state<number>()
  /** How far the carried panel is from the place that it would get. */
  offset = $state.raw({ x: 0, y: 0 })
  #held: Held | undefined
  #grid: HTMLElement | undefined
  #pointer = { x: 0, y: 0 }
  #frame = 0
  #fromShown: (y: number) => number = (y) => y
  #ondrop: (panels: readonly Panel[]) => void

  constructor(ondrop: (panels: readonly Panel[]) => void) {
    this.#ondrop = ondrop
  }

  /** `fromShown` says at which height of the document something is that is shown at a height. */
  begin(event: PointerEvent, grid: HTMLElement, { way, panel, panels, fromShown }: { way: Held['way']; panel: Panel; panels: readonly Panel[]; fromShown: (y: number) => number }): void {
    if (event.button !== 0) return
    event.preventDefault()
    const from = tidy(panels)
    this.#held = { id: panel.id, way, from, grid: from.find(({ id }) => id === panel.id)?.grid ?? panel.grid, x: event.clientX, y: event.clientY + scrollY }
    this.#grid = grid
    this.#fromShown = fromShown
    this.#pointer = { x: event.clientX, y: event.clientY }
    document.addEventListener('pointermove', this.#move)
    document.addEventListener('pointerup', this.#end)
    document.addEventListener('pointercancel', this.#cancel)
    document.addEventListener('keydown', this.#key, true)
    this.#frame = requestAnimationFrame(this.#scroll)
  }

  #move = (event: PointerEvent): void => {
    this.#pointer = { x: event.clientX, y: event.clientY }
    this.#show()
  }

  #show(): void {
    const [held, grid] = [this.#held, this.#grid]
    if (!held || !grid) return
    const [dx, dy] = [this.#pointer.x - held.x, this.#pointer.y + scrollY - held.y]
    if (this.id === undefined && Math.hypot(dx, dy) < LEAST_PX) return
    this.id = held.id
    const columnPx = (grid.clientWidth + GAP_PX) / COLUMNS
    const [columns, rows] = [Math.round(dx / columnPx), Math.round(dy / STEP_PX)]
    const { x, y, w, h } = held.grid
    if (held.way === 'resize') this.preview = place(held.from, held.id, { x, y, w: Math.min(COLUMNS - x, w + columns), h: h + rows })
    else this.preview = this.#carried(held, x + columns, this.#fromShown(y + rows))
    const now = this.preview.find(({ id }) => id === held.id)?.grid ?? held.grid
    this.offset = held.way === 'resize' ? { x: 0, y: 0 } : { x: dx - (now.x - x) * columnPx, y: dy - (now.y - y) * STEP_PX }
  }

  /** A row goes past as many others as lie between. */
  #carried({ from, id, grid }: Held, x: number, y: number): readonly Panel[] {
    const own = from.find((panel) => panel.id === id)
    if (own?.view.kind !== 'row') return place(from, id, { ...grid, x, y })
    const passed = from.filter((panel) => panel.view.kind === 'row' && panel.id !== id && (y < grid.y ? panel.grid.y >= y && panel.grid.y < grid.y : panel.grid.y <= y && panel.grid.y > grid.y))
    return passed.reduce<readonly Panel[]>((panels) => movedSection(panels, id, Math.sign(y - grid.y)), from)
  }

  /** At the edge of the window the page goes along. */
  #scroll = (): void => {
    const { y } = this.#pointer
    const by = y > innerHeight - EDGE_PX ? SCROLL_PX : y < 2 * EDGE_PX ? -SCROLL_PX : 0
    if (by !== 0 && this.id !== undefined) {
      scrollBy(0, by)
      this.#show()
    }
    this.#frame = requestAnimationFrame(this.#scroll)
  }

  #end = (): void => {
    const preview = this.preview
    this.stop()
    if (preview) this.#ondrop(preview)
  }

  #cancel = (): void => this.stop()

  #key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return
    event.preventDefault()
    event.stopPropagation()
    this.stop()
  }

  stop(): void {
    cancelAnimationFrame(this.#frame)
    this.#held = undefined
    this.preview = undefined
    this.id = undefined
    document.removeEventListener('pointermove', this.#move)
    document.removeEventListener('pointerup', this.#end)
    document.removeEventListener('pointercancel', this.#cancel)
    document.removeEventListener('keydown', this.#key, true)
  }
}
