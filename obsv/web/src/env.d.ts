/// <reference types="svelte" />
/// <reference types="vite/client" />

declare module 'virtual:units' {
  /** Each is a `Unit` of lib/units/table.ts. */
  const units: Readonly<Record<string, object>>
  export default units
}
