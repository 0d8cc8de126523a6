import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'
import { budgets } from './tools/budgets.ts'
import { units } from './tools/units.ts'

/** Where a running obsv is, for `npm run dev`. */
const server = process.env.OBSV_URL ?? 'http://localhost:8450'

export default defineConfig({
  base: '/app/assets/',
  plugins: [
    svelte(),
    units(),
    // The page a person waits for at first, and the heaviest one, in bytes of gzip.
    budgets([
      { name: 'entry', modules: ['src/main.ts'], limit: 40_000 },
      { name: 'host page', modules: ['src/main.ts', 'src/pages/Host.svelte'], limit: 83_000 },
      { name: 'dashboard', modules: ['src/main.ts', 'src/pages/Dashboard.svelte', 'src/dashboards/panels/timeseries/TimeSeries.svelte'], limit: 110_000 },
      { name: 'shared dashboard', modules: ['src/shared/main.ts', 'src/dashboards/panels/timeseries/TimeSeries.svelte'], limit: 104_000 },
      // What one waits for before one can write; charts are weighed with dashboards, and come with the first answer.
      { name: 'explore', modules: ['src/main.ts', 'src/pages/Explore.svelte', 'src/promql/PromqlEditor.svelte'], limit: 220_000 },
    ]),
  ],
  build: {
    assetsDir: '',
    // A data: address would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['index.html', 'shared.html'],
      // What many pages need, and what every dashboard needs, in a file each: many small ones cost more than their bytes.
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            // What the frame is made of needs nothing of the others, so that these can need it.
            { name: 'frame', test: /node_modules\/(svelte|esm-env|clsx)\/|src\/(components\/(Menu|Icon|Glyph)\.svelte|lib\/(frame)?icons\.ts)/, priority: 3 },
            { name: 'common', test: /src\/(lib|components)\//, minShareCount: 28, priority: 2 },
            { name: 'board', test: /src\/(charts|dashboards)\//, minShareCount: 3, priority: 1 },
          ],
        },
      },
    },
    target: 'es2022',
  },
  server: {
    proxy: Object.fromEntries(['/api', '/agent.pyz', '/login', '/static'].map((path) => [path, server])),
  },
})
