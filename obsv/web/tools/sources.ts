/** What the sources say to people: the texts that go through the catalogue, and those that should. */

import { parse } from 'svelte/compiler'

/** A text of the catalogue; `one` where it is the plural of a pair. */
export interface Found {
  text: string
  one?: string
}

/** Something to mend, at a line of a file. */
export interface Problem {
  line: number
  what: string
}

export interface Source {
  found: Found[]
  problems: Problem[]
}

interface Node {
  type: string
  start: number
  [field: string]: unknown
}

const CALLS = new Set(['t', 'tn', 'words'])
/** Attributes that a person hears or sees. */
const SPOKEN = new Set(['aria-label', 'aria-description', 'aria-roledescription', 'aria-valuetext', 'title', 'placeholder', 'alt', 'label', 'summary'])
/** Properties of objects and components that are shown; a capital letter begins what people read. */
const SHOWN = new Set([...SPOKEN, 'text', 'heading', 'help', 'detail', 'message', 'hint', 'empty', 'caption', 'what', 'action'])
/** Elements whose text is code. */
const CODE = new Set(['code', 'pre', 'kbd', 'samp', 'style', 'script', 'svg'])
/** Names, which are the same everywhere, and what is typed. */
const NAMES = new Set([
  ...['obsv', 'Grafana', 'Prometheus', 'PromQL', 'OpenTelemetry', 'Telegraf', 'Alloy', 'vmagent', 'curl', 'node_exporter'],
  ...['CSV', 'JSON', 'PNG', 'TOML', 'SVG', 'UTC', 'URL', 'ID', 'API', 'CPU', 'PromQL', 'NaN', 'TOTP', 'IP'],
])
const LETTERS = /\p{L}/u
const PROSE = /^\p{Lu}[\p{Ll}’']+(?:[,:]? \S+)+/u
const WORD = /^\p{Lu}\p{Ll}+/u
const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression', 'PropertyDefinition'])

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

function childrenOf(node: Node): Node[] {
  return Object.entries(node).flatMap(([name, value]) => (name === 'parent' || name === 'loc' ? [] : Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []))
}

function isLiteral(node: Node): node is Node & { value: string } {
  return node.type === 'Literal' && typeof node.value === 'string'
}

/** The literal texts that an expression may come to. */
function literals(node: Node | undefined): string[] {
  if (!node) return []
  if (isLiteral(node)) return [node.value]
  if (node.type === 'ConditionalExpression') return [...literals(node.consequent as Node), ...literals(node.alternate as Node)]
  return node.type === 'TSAsExpression' ? literals(node.expression as Node) : []
}

function isName(text: string): boolean {
  return text.split(/[\s·,:()/…–-]+/u).every((word) => !LETTERS.test(word) || NAMES.has(word))
}

interface Place {
  /** Inside of what is called later. */
  isLater: boolean
  /** In markup rather than in a script. */
  isMarkup: boolean
  /** A property or attribute that is shown. */
  isShown: boolean
  isCode: boolean
}

/** Collects from one file. */
class Reader {
  readonly found: Found[] = []
  readonly problems: Problem[] = []
  readonly #code: string

  constructor(code: string) {
    this.#code = code
  }

  read(node: Node, place: Place): void {
    switch (node.type) {
      case 'CallExpression':
        return this.#call(node, place)
      case 'Text':
        if (!place.isCode && LETTERS.test(node.data as string) && !isName((node.data as string).trim())) this.#say(node, `a text outside t(): ${(node.data as string).trim()}`)
        return
      case 'Attribute':
        return this.#attribute(node, place)
      case 'Literal':
        return this.#literal(node, typeof node.value === 'string' ? node.value : '', place)
      case 'TemplateElement':
        return this.#literal(node, (node.value as { cooked?: string }).cooked ?? '', place)
      case 'Property':
        return this.#property(node, place)
      case 'NewExpression': {
        const name = (node.callee as Node).name
        // Told to developers.
        if (name === 'Error' || name === 'RegExp') return
        break
      }
      // Compared or named, not shown.
      case 'BinaryExpression':
        if (node.operator !== '+') return childrenOf(node).forEach((child) => isLiteral(child) || this.read(child, { ...place, isShown: false }))
        break
      case 'ImportDeclaration':
      case 'ImportExpression':
      case 'StyleSheet':
      case 'Comment':
        return
      case 'SwitchCase':
        return (node.consequent as Node[]).forEach((child) => this.read(child, place))
      case 'MemberExpression':
        this.read(node.object as Node, { ...place, isShown: false })
        if (node.computed && !isLiteral(node.property as Node)) this.read(node.property as Node, { ...place, isShown: false })
        return
    }
    if (node.type.startsWith('TS') && !/^TS(As|NonNull|Satisfies)/.test(node.type)) return
    this.#into(node, FUNCTIONS.has(node.type) ? { ...place, isLater: true, isShown: false } : place)
  }

  #into(node: Node, place: Place): void {
    const isCode = place.isCode || (node.type === 'RegularElement' && CODE.has(node.name as string))
    for (const child of childrenOf(node)) this.read(child, { ...place, isCode })
  }

  #call(node: Node, place: Place): void {
    const callee = node.callee as Node
    const parts = node.arguments as Node[]
    const name = callee.type === 'Identifier' ? (callee.name as string) : ''
    if (!CALLS.has(name)) {
      // What an object does when it is told to `say` something.
      const isSaid = callee.type === 'MemberExpression' && (callee.property as Node).name === 'say'
      this.read(callee, { ...place, isShown: false })
      return parts.forEach((part) => this.read(part, { ...place, isShown: isSaid }))
    }
    if (name !== 'words' && !place.isLater) this.#say(node, `${name}() runs before the language is there: words() here, and t() where it is shown`)
    if (name === 'tn') {
      const [one, many] = [literals(parts[1]), literals(parts[2])]
      if (one.length === 1 && many.length === 1) this.found.push({ text: many[0] ?? '', one: one[0] ?? '' })
      else this.#say(node, 'tn() with texts that are not there to read')
    } else this.found.push(...literals(parts[0]).map((text) => ({ text })))
    parts.slice(name === 'tn' ? 3 : 1).forEach((part) => this.read(part, { ...place, isShown: false }))
    if (parts[0] && literals(parts[0]).length === 0) this.read(parts[0], { ...place, isShown: false })
  }

  #attribute(node: Node, place: Place): void {
    const name = node.name as string
    if (name === 'class' || name === 'style') return
    const values = (Array.isArray(node.value) ? node.value : [node.value]) as unknown[]
    for (const value of values.filter(isNode)) {
      if (value.type === 'Text') {
        const text = value.data as string
        if (SPOKEN.has(name) && LETTERS.test(text) && !isName(text)) this.#say(node, `${name} outside t(): ${text}`)
        else if (SHOWN.has(name) && WORD.test(text) && !isName(text)) this.#say(node, `${name} outside t(): ${text}`)
      } else this.read(value, { ...place, isShown: SHOWN.has(name), isMarkup: true })
    }
  }

  #property(node: Node, place: Place): void {
    const key = node.key as Node
    const name = typeof key.name === 'string' ? key.name : isLiteral(key) ? key.value : ''
    if (node.computed) this.read(key, { ...place, isShown: false })
    this.read(node.value as Node, { ...place, isShown: SHOWN.has(name) })
  }

  #literal(node: Node, text: string, { isShown, isMarkup, isCode }: Place): void {
    if (isCode || isName(text)) return
    const isProse = PROSE.test(text.trim()) || ((isShown || isMarkup) && WORD.test(text.trim())) || (isShown && / \p{Ll}+|\p{Ll}+ /u.test(text))
    if (isProse) this.#say(node, `a text outside t(): ${text.trim()}`)
  }

  #say(node: Node, what: string): void {
    this.problems.push({ line: this.#code.slice(0, node.start).split('\n').length, what })
  }
}

/** Everything that a Svelte or TypeScript file says. */
export function readSource(code: string, isSvelte: boolean): Source {
  const root = parse(isSvelte ? code : `<script module lang="ts">${code}</script>`, { modern: true })
  const reader = new Reader(code)
  const at = { isLater: false, isMarkup: false, isShown: false, isCode: false }
  if (root.module) reader.read(root.module.content as unknown as Node, at)
  if (root.instance) reader.read(root.instance.content as unknown as Node, { ...at, isLater: true })
  reader.read(root.fragment as unknown as Node, { ...at, isLater: true, isMarkup: true })
  return reader
}
