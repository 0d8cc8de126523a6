/// <reference types="svelte" />
/// <reference types="vite/client" />

declare module 'virtual:units' {
  /** Each is a `Unit` of lib/units/table.ts. */
  const units: Readonly<Record<string, object>>
  export default units
}

declare module 'virtual:unit-names' {
  /** In the order in which they are offered: id, name, group. */
  const names: readonly (readonly [id: string, name: string, group: string])[]
  export default names
}
