/** Markdown as HTML that is safe to show: raw HTML stays text, links lead to the web or here only. */

import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'

/** micromark leaves no raw HTML and no other protocols in by default. */
export function rendered(markdown: string): string {
  const html = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()] })
  // Pictures would be fetched from elsewhere, which the page's policy does not let them; their words stay.
  return html.replace(/<img src="([^"]*)" alt="([^"]*)"[^>]*>/g, (_, address: string, words: string) =>
    address.startsWith('/') && !address.startsWith('//') ? `<img src="${address}" alt="${words}">` : words || address,
  )
}
