/** Documents as they are stored leave out what is as usual; here it is filled in. Pure. */

import { SHAPES, VIEWS, type Dashboard, type Panel } from './model'

type Stored = Readonly<Record<string, unknown>>
type Shape = keyof typeof SHAPES

function isObject(value: unknown): value is Stored {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a part of this name is; a view is told by its kind. */
function shapeOf(name: string, value: unknown): Shape {
  if (name !== 'View') return name as Shape
  const kind = isObject(value) ? (value.kind as keyof typeof VIEWS | undefined) : undefined
  return VIEWS[kind ?? 'timeseries']
}

function filledPart(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => filledPart(name, one))
  return isObject(value) ? filled(shapeOf(name, value), value) : value
}

function filled(shape: Shape, stored: Stored): Stored {
  const { defaults, parts } = SHAPES[shape]
  const all: Record<string, unknown> = { ...structuredClone(defaults), ...stored }
  for (const [field, name] of Object.entries(parts)) all[field] = filledPart(name, all[field])
  return all
}

/** A whole dashboard from a stored one, which the server has checked. */
export function completeDashboard(stored: unknown): Dashboard {
  return filled('Dashboard', isObject(stored) ? stored : {}) as unknown as Dashboard
}

export function completePanel(stored: unknown): Panel {
  return filled('Panel', isObject(stored) ? stored : {}) as unknown as Panel
}
