import { parsePath, type Route } from './routes'

/** Where the page is: the browser's own address and history, made reactive. */
class Router {
  path = $state(location.pathname)
  search = $state(location.search)
  readonly route: Route = $derived(parsePath(this.path))
  readonly query: URLSearchParams = $derived(new URLSearchParams(this.search))

  constructor() {
    addEventListener('popstate', () => this.#read())
    document.addEventListener('click', (event) => this.#follow(event))
  }

  go(address: string, options: { replace?: boolean } = {}): void {
    if (options.replace) history.replaceState(null, '', address)
    else history.pushState(null, '', address)
    this.#read()
  }

  /** Change parts of the query, each to a value or several, and keep the rest; `undefined` takes a part out. */
  set(changes: Readonly<Record<string, string | readonly string[] | undefined>>, options: { replace?: boolean } = {}): void {
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- it lives for this call alone
    const query = new URLSearchParams(this.search)
    for (const [name, values = []] of Object.entries(changes)) {
      query.delete(name)
      for (const value of [values].flat()) query.append(name, value)
    }
    const search = query.toString()
    this.go(this.path + (search ? `?${search}` : ''), options)
  }

  #read(): void {
    this.path = location.pathname
    this.search = location.search
  }

  /** A plain click within the cabinet needs no load. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return
    if (![location.pathname, link.pathname].every((path) => /^\/app(\/|$)/.test(path)) || link.hash) return
    event.preventDefault()
    this.go(link.pathname + link.search)
  }
}

export const router = new Router()
