import { untrack } from 'svelte'
import { live } from './live.svelte'
import { dependOn } from './reactive'

interface Fresh {
  refresh: () => Promise<unknown>
  stop: () => void
}

/** Load them at each beat of the page while a component is there. Call it while the component is set up. */
export function keepFresh(...resources: readonly Fresh[]): void {
  $effect(() => {
    dependOn(live.nowMs)
    untrack(() => {
      for (const resource of resources) void resource.refresh()
    })
  })
  $effect(() => () => {
    for (const resource of resources) resource.stop()
  })
}
