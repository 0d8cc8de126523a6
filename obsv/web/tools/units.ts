import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'

const FILE = new URL('../../dashboards/units.json', import.meta.url)
const ID = 'virtual:units'
const NAMES = 'virtual:unit-names'

interface Row {
  id: string
  name: string
  group: string
}

/** `virtual:units`: how values of each unit are written; `virtual:unit-names`: what only who picks a unit reads. */
export function units(): Plugin {
  return {
    name: 'obsv-units',
    resolveId: (id) => (id === ID || id === NAMES ? `\0${id}` : undefined),
    load(id) {
      if (id !== `\0${ID}` && id !== `\0${NAMES}`) return
      this.addWatchFile(FILE.pathname)
      const all = JSON.parse(readFileSync(FILE, 'utf-8')) as Row[]
      const how = Object.fromEntries(all.map(({ id, ...row }) => [id, { ...row, name: undefined, group: undefined }]))
      const content = id === `\0${NAMES}` ? all.map(({ id, name, group }) => [id, name, group]) : how
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(content))})`
    },
  }
}
