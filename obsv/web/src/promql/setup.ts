/** The editor's parts put together. */

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import { history, historyKeymap, standardKeymap } from '@codemirror/commands'
import { bracketMatching } from '@codemirror/language'
import { linter, type Diagnostic } from '@codemirror/lint'
import { EditorState, Prec, type Extension, type Transaction } from '@codemirror/state'
import { Decoration, EditorView, hoverTooltip, keymap, MatchDecorator, placeholder, ViewPlugin, type DecorationSet, type Tooltip, type ViewUpdate } from '@codemirror/view'
import { ApiError } from '../lib/api'
import { sourcesOf } from './complete'
import { helpAt, helpOn, type Help } from './help'
import { language } from './language'
import { check } from './server'
import { theme } from './theme'

/** What others may do with an editor. */
export interface EditorHandle {
  focus: () => void
  /** Put a text where the cursor is, and go on there. */
  insert: (text: string) => void
}

/** What the editor tells, and what it asks for. */
export interface Surroundings {
  org: string
  label: string
  placeholder: string
  variables: () => readonly string[]
  onchange: (text: string) => void
  onrun: () => void
  onformat: () => void
  /** What keeps it from being read; empty if nothing does. */
  onmistake: (message: string) => void
  onhelp: (help: Help | undefined) => void
}

const LINT_DELAY_MS = 400

/** The page's nonce lets the one style element in that the editor makes; no style stands in its markup. */
function nonce(): Extension {
  const told = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content
  return told ? EditorView.cspNonce.of(told) : []
}

/** The server's word counts; while it does not answer, which the frame tells, nothing is wrong. */
async function diagnose(text: string): Promise<Diagnostic[]> {
  try {
    const found = await check(text, new AbortController().signal)
    return found ? [{ ...found, severity: 'error' }] : []
  } catch (cause) {
    if (cause instanceof ApiError) return []
    throw cause
  }
}

const REFERENCES = new MatchDecorator({ regexp: /\$\w+|\$\{\w+(?::[^}]*)?\}|\[\[\w+(?::\w+)?\]\]/g, decoration: Decoration.mark({ class: 'cm-variable' }) })
const variables = ViewPlugin.fromClass(
  class {
    marks: DecorationSet
    constructor(view: EditorView) {
      this.marks = REFERENCES.createDeco(view)
    }
    update(update: ViewUpdate): void {
      this.marks = REFERENCES.updateDeco(update, this.marks)
    }
  },
  { decorations: ({ marks }) => marks },
)

/** Left to Chromium, what is typed over a selection would keep its colours in a style attribute, which the policy forbids. */
const overSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { data, inputType } = event
    // What is selected in the page counts: the editor may not have heard of it yet.
    const selected = document.getSelection()
    if (inputType !== 'insertText' || !data || view.composing || !selected?.rangeCount || selected.isCollapsed) return false
    const range = selected.getRangeAt(0)
    event.preventDefault()
    const [from, to] = [view.posAtDOM(range.startContainer, range.startOffset), view.posAtDOM(range.endContainer, range.endOffset)]
    const insert = (): Transaction =>
      view.state.update({ changes: { from, to, insert: data }, selection: { anchor: from + data.length }, userEvent: 'input.type', scrollIntoView: true })
    if (!view.state.facet(EditorView.inputHandler).some((handler) => handler(view, from, to, data, insert))) view.dispatch(insert())
    return true
  },
})

function tooltipOf({ from, to, name, signature, does }: Help): Tooltip {
  return {
    pos: from,
    end: to,
    create: () => {
      const dom = document.createElement('div')
      dom.className = 'cm-help'
      const code = document.createElement('code')
      code.textContent = name + signature
      dom.append(code, document.createElement('br'), does)
      return { dom }
    },
  }
}

const hover = hoverTooltip((view, at) => {
  const help = helpOn(view.state, at)
  return help ? tooltipOf(help) : null
})

function keys({ onrun, onformat }: Surroundings): Extension {
  const does = (act: () => void) => (): boolean => {
    act()
    return true
  }
  return [
    Prec.highest(
      keymap.of([
        { key: 'Mod-Enter', run: does(onrun) },
        { key: 'Ctrl-Enter', run: does(onrun) },
        { key: 'Shift-Alt-f', run: does(onformat) },
      ]),
    ),
    // Tab is nobody's here: it leads on.
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...standardKeymap]),
  ]
}

/** An editor in an element. */
export function editorIn(parent: HTMLElement, text: string, about: Surroundings): EditorView {
  let message = ''
  const told = EditorView.updateListener.of((update) => {
    if (update.docChanged) about.onchange(update.state.doc.toString())
    if (update.docChanged || update.selectionSet || update.focusChanged) about.onhelp(update.view.hasFocus ? helpAt(update.state, update.state.selection.main.head) : undefined)
  })
  const lint = linter(
    async (view) => {
      const found = await diagnose(view.state.doc.toString())
      message = found[0]?.message ?? ''
      about.onmistake(message)
      return found
    },
    { delay: LINT_DELAY_MS },
  )
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        nonce(),
        language,
        autocompletion({ override: sourcesOf(about.org, about.variables), icons: false, maxRenderedOptions: 200 }),
        history(),
        bracketMatching(),
        closeBrackets(),
        overSelection,
        variables,
        hover,
        lint,
        keys(about),
        placeholder(about.placeholder),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of(() => ({ 'aria-label': about.label, 'aria-invalid': String(message !== ''), spellcheck: 'false', autocapitalize: 'off', autocorrect: 'off' })),
        theme,
        told,
      ],
    }),
  })
}
