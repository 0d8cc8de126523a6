/** Matchers that every selector of an expression takes on, as a dashboard's filters want it. Pure. */

const TOKEN = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|#[^\n]*|\[[^\]]*\]|\d[\w.]*|[A-Za-z_:][\w:]*|[{}()]|\s+|./gs
const NAME = /^[A-Za-z_:]/
const KEYWORDS = new Set(['and', 'or', 'unless', 'atan2', 'bool', 'offset', 'inf', 'nan', 'start', 'end'])
/** What follows in brackets are labels. */
const GROUPING = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'])

function nextSolid(tokens: readonly string[], from: number): number {
  let index = from
  while (index < tokens.length && /^(\s+|#.*)$/s.test(tokens[index] ?? '')) index += 1
  return index
}

/** The expression with the matchers in each selector. */
export function addMatchers(expr: string, matchers: readonly string[]): string {
  if (matchers.length === 0) return expr
  const tokens: string[] = [...(expr.match(TOKEN) ?? [])]
  const added = matchers.join(',')
  let out = ''
  let labelsUntil = -1
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] ?? ''
    const next = tokens[nextSolid(tokens, index + 1)] ?? ''
    if (token === '{') {
      const isEmpty = tokens[nextSolid(tokens, index + 1)] === '}'
      out += `{${added}${isEmpty ? '' : ','}`
      // Labels within are none of ours.
      while (index + 1 < tokens.length && tokens[index + 1] !== '}') out += tokens[(index += 1)] ?? ''
    } else if (GROUPING.has(token.toLowerCase()) && next === '(') {
      labelsUntil = tokens.indexOf(')', index)
      out += token
    } else if (NAME.test(token) && index > labelsUntil && next !== '(' && next !== '{' && !KEYWORDS.has(token.toLowerCase()) && !GROUPING.has(token.toLowerCase()) && !isAggregation(tokens, index)) {
      out += `${token}{${added}}`
    } else out += token
  }
  return out
}

/** `sum by (x) (…)`: a name before a grouping is no metric. */
function isAggregation(tokens: readonly string[], index: number): boolean {
  const next = (tokens[nextSolid(tokens, index + 1)] ?? '').toLowerCase()
  return next === 'by' || next === 'without'
}
