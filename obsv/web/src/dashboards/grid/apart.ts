/** Boxes on the grid that give way to each other. Pure. */

export interface Box {
  x: number
  y: number
  w: number
  h: number
}

export function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

/** The boxes in the order in which they are read, each as far down as it must go not to lie on one before it. */
export function apart<T extends Box>(boxes: readonly T[]): T[] {
  const settled: T[] = []
  for (const box of [...boxes].sort((a, b) => a.y - b.y || a.x - b.x)) {
    let at = box
    for (let hit = settled.find((one) => overlap(one, at)); hit; hit = settled.find((one) => overlap(one, at))) at = { ...at, y: hit.y + hit.h }
    settled.push(at)
  }
  return settled
}
