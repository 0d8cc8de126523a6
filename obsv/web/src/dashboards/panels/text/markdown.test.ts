import { describe, expect, it } from 'vitest'
import { rendered } from './markdown'

describe('Markdown', () => {
  it.each([
    ['**a** | <script>alert(1)</script>', '<p><strong>a</strong> | &lt;script&gt;alert(1)&lt;/script&gt;</p>'],
    ['[x](javascript:alert(1))', '<p><a href="">x</a></p>'],
    ['![pixel](https://example.org/p.png)', '<p>pixel</p>'],
    ['![logo](/static/logo.svg)', '<p><img src="/static/logo.svg" alt="logo"></p>'],
  ])('%s', (markdown, html) => {
    expect(rendered(markdown)).toBe(html)
  })
})
