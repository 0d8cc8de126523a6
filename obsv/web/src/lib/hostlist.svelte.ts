import { untrack } from 'svelte'
import { call } from './api'
import { live } from './live.svelte'
import { dependOn } from './reactive'
import { Resource } from './resource.svelte'
import type { HostList } from './types'

const WAITING_MS = 3000

/** The organisation's hosts, kept fresh while a component shows them. Call it while a component is set up. */
export function watchHosts(): Resource<HostList> {
  const list = new Resource<HostList>((signal) => call<HostList>('/api/obsv/v1/hosts', { signal }))
  $effect(() => {
    dependOn(live.nowMs)
    untrack(() => void list.refresh())
    return () => list.stop()
  })
  $effect(() => {
    // Nobody wants to wait for the beat when the first host is on its way.
    if (list.data?.hosts.length !== 0) return
    const timer = setInterval(() => void list.refresh(), WAITING_MS)
    return () => clearInterval(timer)
  })
  return list
}
