// Node 20 reads no TypeScript; Vite does.
import process from 'node:process'
import { runnerImport } from 'vite'

/** @type {{ module: typeof import('./catalogue.ts') }} */
const { module } = await runnerImport('./tools/catalogue.ts', { configFile: false, logLevel: 'error' })
process.exitCode = module.main(process.argv.slice(2)) > 0 ? 1 : 0
