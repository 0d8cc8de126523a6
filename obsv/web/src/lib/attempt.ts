/** What a button does: told where it goes wrong, and everything on the page loaded anew. */

import { ApiError } from './api'
import { live } from './live.svelte'
import { toasts } from './toasts.svelte'

/** Whether it went well. */
export async function attempt(does: () => Promise<unknown>): Promise<boolean> {
  try {
    await does()
    return true
  } catch (error) {
    toasts.say(error instanceof ApiError ? error.message : String(error))
    return false
  } finally {
    live.now()
  }
}
