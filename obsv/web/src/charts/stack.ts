/** What is drawn of lines: below zero where that is asked for, on top of each other, and across short gaps. Pure. */

import type { Line } from './types'

/** A column as uPlot takes it: `null` breaks a line, `undefined` is passed over. */
export type Column = (number | null | undefined)[]

export interface Columns {
  columns: Column[]
  /** Pairs of lines, by index, between which it is filled: the upper one first. */
  bands: [number, number][]
}

function drawn({ values, style }: Line): Column {
  return style.isNegated ? values.map((value) => (value === null ? null : -value)) : [...values]
}

function stackKey({ axis, style }: Line): string {
  return `${axis}\n${style.group}\n${style.draw}\n${String(style.isNegated)}`
}

/** Of each time, the sum of what is stacked there, by size. */
function totals(members: readonly Column[], length: number): number[] {
  const sums = new Array<number>(length).fill(0)
  for (const column of members) {
    for (let index = 0; index < length; index += 1) sums[index] = (sums[index] ?? 0) + Math.abs(column[index] ?? 0)
  }
  return sums
}

function bridge(column: Column, times: readonly number[], longestS: number): void {
  let last = -1
  for (let index = 0; index < column.length; index += 1) {
    if (column[index] === null) continue
    if (last >= 0 && index - last > 1 && (times[index] ?? 0) - (times[last] ?? 0) <= longestS) column.fill(undefined, last + 1, index)
    last = index
  }
}

/** Puts each member on those before it, in place. */
function pile(members: readonly Column[], share: readonly number[] | undefined): void {
  const ground: number[] = []
  for (const column of members) {
    for (let index = 0; index < column.length; index += 1) {
      const value = column[index]
      if (typeof value !== 'number') continue
      const part = share ? value / Math.max(share[index] ?? 0, Number.MIN_VALUE) : value
      column[index] = ground[index] = (ground[index] ?? 0) + part
    }
  }
}

/** The columns of all lines; those not in the chart are empty. */
export function columnsOf(lines: readonly Line[], times: readonly number[]): Columns {
  const columns = lines.map((line) => (line.isIn.chart ? drawn(line) : new Array<null>(times.length).fill(null)))
  const stacks = new Map<string, number[]>()
  const bands: [number, number][] = []
  lines.forEach((line, index) => {
    if (line.style.stack === 'none' || !line.isIn.chart) return
    const key = stackKey(line)
    stacks.set(key, [...(stacks.get(key) ?? []), index])
  })
  for (const members of stacks.values()) {
    const own = members.map((index) => columns[index] ?? [])
    const isShare = lines[members[0] ?? 0]?.style.stack === 'percent'
    pile(own, isShare ? totals(own, times.length) : undefined)
    members.slice(1).forEach((index, below) => bands.push([index, members[below] ?? 0]))
  }
  lines.forEach((line, index) => {
    const column = columns[index]
    if (column && line.style.bridgesS > 0) bridge(column, times, line.style.bridgesS)
    const lower = line.fillsTo === undefined ? -1 : lines.findIndex(({ key }) => key === line.fillsTo)
    if (lower >= 0 && lower !== index) bands.push([index, lower])
  })
  return { columns, bands }
}
