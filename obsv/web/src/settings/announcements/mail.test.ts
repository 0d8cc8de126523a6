import { expect, it } from 'vitest'
import { bodyOf } from './mail'

it('is the body without its styles', () => {
  const html = '<!doctype html><html><head><title>x</title></head><body style="margin:0"><table role="presentation" style="max-width:1px"><tr><td><p style="a:b">style=&quot;x&quot; 1 &lt; 2</p></td></tr></table></body></html>'
  expect(bodyOf(html)).toBe('<table role="presentation"><tr><td><p>style=&quot;x&quot; 1 &lt; 2</p></td></tr></table>')
  expect(bodyOf('<p>y</p>')).toBe('<p>y</p>')
})
