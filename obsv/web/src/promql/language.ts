/** PromQL as the editor reads it, in which variables are no mistakes. */

import { defineLanguageFacet, Language, languageDataProp } from '@codemirror/language'
import { Parser, type Input, type PartialParse, type TreeFragment } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'
import { padded } from './references'

const data = defineLanguageFacet({
  closeBrackets: { brackets: ['(', '[', '{', "'", '"', '`'] },
  commentTokens: { line: '#' },
})
const promql = parser.configure({ top: 'PromQL', props: [languageDataProp.add((type) => (type.isTop ? data : undefined))] })

/** Reads the whole text each time: it is short, and a variable may change what is after it. */
class VariableParser extends Parser {
  override createParse(input: Input, _: readonly TreeFragment[], ranges: readonly { from: number; to: number }[]): PartialParse {
    return promql.startParse(padded(input.read(0, input.length), 'name'), [], ranges)
  }
}

export const language = new Language(data, new VariableParser(), [], 'promql')
