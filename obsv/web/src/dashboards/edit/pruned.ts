/** Documents without what is as usual, as they are stored: the other way round than `complete.ts`. Pure. */

import { SHAPES, VIEWS } from '../model'

type Table = Readonly<Record<string, unknown>>
type Shape = keyof typeof SHAPES

const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value)
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

function part(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => part(name, one))
  if (!isTable(value)) return value
  return pruned(name === 'View' ? VIEWS[value.kind as keyof typeof VIEWS] : (name as Shape), value)
}

/** A part of a document without its defaults. */
export function pruned(shape: Shape, whole: Table): Table {
  const { defaults, parts } = SHAPES[shape] as { defaults: Table; parts: Readonly<Record<string, string>> }
  const shorter = Object.entries(whole).map(([name, value]): [string, unknown] => [name, parts[name] ? part(parts[name], value) : value])
  return Object.fromEntries(shorter.filter(([name, value]) => !(name in defaults && isSame(value, parts[name] ? part(parts[name], defaults[name]) : defaults[name]))))
}
