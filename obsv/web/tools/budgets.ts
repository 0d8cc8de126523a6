import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Plugin, Rolldown } from 'vite'

/** What a page may weigh: everything that its modules pull in statically, with its styles. */
export interface Budget {
  name: string
  modules: readonly string[]
  limit: number
}

// Not the page itself: it carries a nonce that changes with every answer.
const COMPRESSIBLE = /\.(js|css|svg)$/

function bytes(file: Rolldown.OutputChunk | Rolldown.OutputAsset): Uint8Array {
  const content = file.type === 'chunk' ? file.code : file.source
  return typeof content === 'string' ? Buffer.from(content) : content
}

function chunkOf(bundle: Rolldown.OutputBundle, module: string): string {
  for (const [name, file] of Object.entries(bundle)) {
    if (file.type === 'chunk' && file.moduleIds.some((id) => id.endsWith(`/${module}`))) return name
  }
  throw new Error(`no chunk has ${module}`)
}

function closure(bundle: Rolldown.OutputBundle, start: string, found: Set<string>): void {
  if (found.has(start)) return
  found.add(start)
  const file = bundle[start]
  if (file?.type !== 'chunk') return
  for (const name of file.viteMetadata?.importedCss ?? []) found.add(name)
  for (const name of file.imports) closure(bundle, name, found)
}

/** Refuses a build over its budgets, and puts a compressed twin beside every text file. */
export function budgets(all: readonly Budget[]): Plugin {
  return {
    name: 'obsv-budgets',
    apply: 'build',
    // After everything is written: Vite still changes chunks while it generates the bundle.
    writeBundle: {
      order: 'post',
      handler({ dir = '' }, bundle) {
        const weights = new Map<string, number>()
        for (const [name, file] of Object.entries(bundle)) {
          if (!COMPRESSIBLE.test(name)) continue
          const compressed = gzipSync(bytes(file), { level: 9 })
          writeFileSync(join(dir, `${name}.gz`), compressed)
          weights.set(name, compressed.length)
        }
        for (const budget of all) {
          const files = new Set<string>()
          for (const module of budget.modules) closure(bundle, chunkOf(bundle, module), files)
          const weight = [...files].reduce((sum, name) => sum + (weights.get(name) ?? 0), 0)
          const told = `${budget.name}: ${(weight / 1000).toFixed(1)} of ${(budget.limit / 1000).toFixed(0)} kB`
          if (weight > budget.limit) this.error(`over budget: ${told}`)
          this.info(told)
        }
      },
    },
  }
}
