/** The order of a page's components: groups stand together where their first one is, as on the public page. Pure. */

import type { Component } from './api'

type Ordered = Pick<Component, 'id' | 'group'>

/** A group and its components, or a component without one alone. */
export interface Block<T extends Ordered> {
  group: string
  members: T[]
}

export function blocksOf<T extends Ordered>(components: readonly T[]): Block<T>[] {
  const blocks: Block<T>[] = []
  for (const component of components) {
    const block = component.group ? blocks.find(({ group }) => group === component.group) : undefined
    if (block) block.members.push(component)
    else blocks.push({ group: component.group, members: [component] })
  }
  return blocks
}

function swapped<T>(all: readonly T[], at: number, to: number): T[] | undefined {
  const [one, other] = [all[at], all[to]]
  if (one === undefined || other === undefined) return undefined
  return all.map((each, index) => (index === at ? other : index === to ? one : each))
}

/** All of them with a block one place further; undefined at the end. */
export function withBlockMoved<T extends Ordered>(components: readonly T[], at: number, by: -1 | 1): T[] | undefined {
  return swapped(blocksOf(components), at, at + by)?.flatMap(({ members }) => members)
}

/** All of them with one moved within its group, or past a whole block if it has none; undefined at the end. */
export function withMoved<T extends Ordered>(components: readonly T[], id: string, by: -1 | 1): T[] | undefined {
  const blocks = blocksOf(components)
  const at = blocks.findIndex(({ members }) => members.some((one) => one.id === id))
  const block = blocks[at]
  if (!block?.group) return withBlockMoved(components, at, by)
  const place = block.members.findIndex((one) => one.id === id)
  const members = swapped(block.members, place, place + by)
  return members && blocks.flatMap((one) => (one === block ? members : one.members))
}
