/** What a word of PromQL does, for who reads or writes it. */

import { syntaxTree } from '@codemirror/language'
import type { EditorState } from '@codemirror/state'
import { aggregateOpTerms, functionIdentifierTerms } from '@prometheus-io/codemirror-promql/dist/esm/complete/promql.terms'
import { getFunction, ValueType } from '@prometheus-io/codemirror-promql/dist/esm/types'
import type { SyntaxNode } from '@lezer/common'
import { t } from '../lib/i18n'

export interface Help {
  from: number
  to: number
  name: string
  /** What it takes and gives: `(range vector) → instant vector`. */
  signature: string
  does: string
}

const TERMS = new Map([...functionIdentifierTerms, ...aggregateOpTerms].map(({ label, info }) => [label, info]))

function typeText(type: ValueType): string {
  const texts = { vector: t('instant vector'), matrix: t('range vector'), scalar: t('scalar'), string: t('string'), none: '' }
  return texts[type]
}

function signatureOf(node: SyntaxNode): string {
  if (node.parent?.name !== 'FunctionIdentifier') return ''
  const { argTypes, variadic, returnType } = getFunction(node.type.id)
  const least = variadic === 0 ? argTypes.length : argTypes.length - 1
  const taken = argTypes.map((type, index) => (index < least ? typeText(type) : `[${typeText(type)}]`))
  return `(${taken.join(', ')}${variadic < 0 ? ', …' : ''}) → ${typeText(returnType)}`
}

function helpOf(state: EditorState, node: SyntaxNode): Help | undefined {
  const name = state.sliceDoc(node.from, node.to)
  const does = TERMS.get(name)
  return does === undefined ? undefined : { from: node.from, to: node.to, name, signature: signatureOf(node), does }
}

/** The innermost function or aggregation that a place is in: its name, or its arguments. */
export function helpAt(state: EditorState, at: number): Help | undefined {
  for (let node: SyntaxNode | null = syntaxTree(state).resolveInner(at, -1); node; node = node.parent) {
    if (node.name === 'FunctionCall' || node.name === 'AggregateExpr') {
      const named = node.firstChild?.firstChild
      if (named) return helpOf(state, named)
    }
  }
  return undefined
}

/** Of the word under the pointer alone. */
export function helpOn(state: EditorState, at: number): Help | undefined {
  const node = syntaxTree(state).resolveInner(at, 1)
  const { parent } = node
  return parent && (parent.name === 'FunctionIdentifier' || parent.name === 'AggregateOp') ? helpOf(state, node) : undefined
}
