import { call, credentials } from './api'
import { preferences } from './preferences.svelte'
import { Resource } from './resource.svelte'
import { router } from './router.svelte'
import type { Org, Session } from './types'

/** Who is signed in, and for which of their organisations this page is. */
class SignedIn {
  readonly resource = new Resource<Session>(async (signal) => {
    const session = await call<Session>('/api/obsv/v1/session', { signal, isPersonal: true })
    credentials.csrf = session.csrf
    await preferences.follow(session.preferences)
    return session
  })
  readonly session: Session | undefined = $derived(this.resource.data)
  readonly slug: string = $derived('org' in router.route ? router.route.org : '')
  readonly org: Org | undefined = $derived(this.session?.orgs.find((org) => org.slug === this.slug))
  /** Viewers look, all others change things. */
  readonly mayEdit: boolean = $derived(this.org?.role !== 'viewer')
  readonly mayAdminister: boolean = $derived(/owner|admin/.test(this.org?.role ?? '') && !this.org?.support_until_ms)

  constructor() {
    credentials.org = () => this.slug
    credentials.prove = async () => (await import('./stepup')).askForProof()
  }

  async end(): Promise<void> {
    await call('/api/obsv/v1/session/end', { method: 'POST', isPersonal: true })
    location.assign('/login')
  }
}

export const signedIn = new SignedIn()
