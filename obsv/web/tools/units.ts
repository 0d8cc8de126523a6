import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'

const FILE = new URL('../../dashboards/units.json', import.meta.url)
const ID = 'virtual:units'

/** `virtual:units`: how values of each unit are written, without the names that only who picks a unit reads. */
export function units(): Plugin {
  return {
    name: 'obsv-units',
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    load(id) {
      if (id !== `\0${ID}`) return
      this.addWatchFile(FILE.pathname)
      const all = JSON.parse(readFileSync(FILE, 'utf-8')) as { id: string; name?: string; group?: string }[]
      const rows = all.map(({ id, ...how }) => [id, { ...how, name: undefined, group: undefined }])
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(Object.fromEntries(rows)))})`
    },
  }
}
