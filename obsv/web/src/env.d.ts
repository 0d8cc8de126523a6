/// <reference types="svelte" />
/// <reference types="vite/client" />

declare module 'virtual:units' {
  import type { Unit } from './lib/units/table'
  const units: Readonly<Record<string, Unit>>
  export default units
}
