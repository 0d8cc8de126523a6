/** Colours of series, and of whatever is drawn on a canvas, where a token must become a colour. */

import type { Colour } from './types'

const SERIES_COLOURS = 8
const SLOTS = 2 * SERIES_COLOURS

/** A series' colour, and whether it has dashes because all eight are taken. */
export interface Look {
  colour: Colour
  isDashed: boolean
}

/** A number from a text that is the same wherever it is asked for. Source: FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return value >>> 0
}

/** From where on a key looks for a free place: among the plain colours, then among the dashed. */
function firstFree(key: string, taken: ReadonlySet<number>): number {
  const wanted = hash(key) % SERIES_COLOURS
  for (const row of [0, SERIES_COLOURS]) {
    for (let step = 0; step < SERIES_COLOURS; step += 1) {
      const slot = row + ((wanted + step) % SERIES_COLOURS)
      if (!taken.has(slot)) return slot
    }
  }
  return hash(key) % SLOTS
}

/** Places of a panel's series: what was there keeps its own, others take what is free, the same ones on each load. */
export class Palette {
  #slots = new Map<string, number>()

  assign(keys: readonly string[]): void {
    const present = new Set(keys)
    const taken = new Set<number>()
    // Who is away only keeps a place that nobody else needs.
    if (this.#slots.size + keys.length > SLOTS) {
      for (const key of this.#slots.keys()) if (!present.has(key)) this.#slots.delete(key)
    }
    for (const slot of this.#slots.values()) taken.add(slot)
    const fresh = keys.filter((key) => !this.#slots.has(key))
    for (const key of fresh.sort((a, b) => hash(a) - hash(b) || (a < b ? -1 : 1))) {
      const slot = firstFree(key, taken)
      this.#slots.set(key, slot)
      taken.add(slot)
    }
  }

  look(key: string): Look {
    const slot = this.#slots.get(key) ?? 0
    return { colour: `s${(slot % SERIES_COLOURS) + 1}`, isDashed: slot >= SERIES_COLOURS }
  }
}

const TOKEN = /^(s[1-8]|ok|warn|bad|info|accent|accent-soft|text|muted|faint|line|line-strong|surface|bg)$/

/** A colour for a style sheet. */
export function cssColour(colour: Colour): string {
  return TOKEN.test(colour) ? `var(--${colour})` : colour
}

let scratch: CanvasRenderingContext2D | null | undefined

/** `#rrggbb` of whatever CSS takes for a colour; of none, the text's. */
function hexOf(colour: string): string {
  if (/^#[0-9a-f]{6}$/i.test(colour)) return colour
  scratch ??= document.createElement('canvas').getContext('2d')
  if (!scratch) return '#888888'
  scratch.fillStyle = '#888888'
  scratch.fillStyle = colour
  const found = scratch.fillStyle
  if (found.startsWith('#')) return found
  const parts = found.match(/[\d.]+/g) ?? []
  return `#${parts.slice(0, 3).map((part) => Math.round(Number(part)).toString(16).padStart(2, '0')).join('')}`
}

let painted = { theme: '', colours: new Map<Colour, string>() }

/** `#rrggbb` of a colour, as the theme has it now. */
export function hexColour(colour: Colour): string {
  const theme = document.documentElement.dataset.theme ?? ''
  // Asking the browser for a token makes it compute styles, which a frame has no time for.
  if (painted.theme !== theme) painted = { theme, colours: new Map() }
  let hex = painted.colours.get(colour)
  if (hex === undefined) {
    hex = hexOf(TOKEN.test(colour) ? getComputedStyle(document.documentElement).getPropertyValue(`--${colour}`).trim() : colour)
    painted.colours.set(colour, hex)
  }
  return hex
}

/** A colour for a canvas; `opacity` from 0 to 1. */
export function paint(colour: Colour, opacity = 1): string {
  const hex = hexColour(colour)
  return opacity >= 1 ? hex : hex + Math.round(opacity * 255).toString(16).padStart(2, '0')
}

/** A shade between two `#rrggbb`; `share` of the second. */
export function mix(first: string, second: string, share: number): string {
  const channel = (colour: string, index: number): number => Number.parseInt(colour.slice(1 + 2 * index, 3 + 2 * index), 16)
  const parts = [0, 1, 2].map((index) => Math.round(channel(first, index) * (1 - share) + channel(second, index) * share))
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`
}
