/** A mail's own HTML, to be shown on a page. Pure. */

/** What stands in its body, without styles: the page's policy refuses those that stand in the text. */
export function bodyOf(html: string): string {
  const body = /<body[^>]*>([\s\S]*)<\/body>/.exec(html)?.[1] ?? html
  return body.replace(/(<[a-z][a-z0-9]*\b[^<>]*?) style="[^"]*"/g, '$1')
}
