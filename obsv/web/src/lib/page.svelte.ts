/** What the open page tells the frame. */

interface Crumb {
  label: string
  href: string
}

class OpenPage {
  title = $state('')
  crumbs = $state.raw<readonly Crumb[]>([])
  /** Which controls of the top bar have something to act on. */
  hasRange = $state(false)
  isLive = $state(false)

  set(page: { title: string; crumbs?: readonly Crumb[]; hasRange?: boolean; isLive?: boolean }): void {
    this.title = page.title
    this.crumbs = page.crumbs ?? []
    this.hasRange = page.hasRange ?? false
    this.isLive = page.isLive ?? false
  }
}

export const openPage = new OpenPage()
