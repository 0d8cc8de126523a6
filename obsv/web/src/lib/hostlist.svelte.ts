import { untrack } from 'svelte'
import { call } from './api'
import { live } from './live.svelte'
import { dependOn } from './reactive'
import { Resource } from './resource.svelte'
import { signedIn } from './session.svelte'
import type { HostList } from './types'

const WAITING_MS = 3000

/** By organisation: from one page to the next, what is known stays on the screen. */
// eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing is drawn from the map itself
const lists = new Map<string, Resource<HostList>>()

function listOf(slug: string): Resource<HostList> {
  const known = lists.get(slug)
  if (known) return known
  const list = new Resource<HostList>((signal) => call<HostList>('/api/obsv/v1/hosts', { signal }))
  lists.set(slug, list)
  return list
}

/** The organisation's hosts, kept fresh while a component shows them. Call it while a component is set up. */
export function watchHosts(): Resource<HostList> {
  const list = listOf(signedIn.slug)
  $effect(() => {
    dependOn(live.nowMs)
    untrack(() => void list.refresh())
  })
  $effect(() => {
    // Nobody wants to wait for the beat when the first host is on its way.
    if (list.data?.hosts.length !== 0) return
    const timer = setInterval(() => void list.refresh(), WAITING_MS)
    return () => clearInterval(timer)
  })
  return list
}
