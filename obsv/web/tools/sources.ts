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
const SHOWN = new Set([...SPOKEN, 'text', 'heading', 'help', 'detail', 'message', 'hint', 'note', 'empty', 'caption', 'what', 'action'])
/** Elements whose text is code. */
const CODE = new Set(['code', 'pre', 'kbd', 'samp', 'style', 'script', 'svg'])
/** Names, which are the same everywhere, and what is typed. */
const NAMES = new Set([
  ...['obsv', 'Grafana', 'Prometheus', 'PromQL', 'OpenTelemetry', 'Telegraf', 'Alloy', 'vmagent', 'curl', 'node_exporter'],
  ...['CSV', 'JSON', 'PNG', 'TOML', 'SVG', 'UTC', 'URL', 'ID', 'API', 'CPU', 'NaN', 'TOTP', 'IP', 'SQLite', 'Postgres'],
  // Units, and a key.
  // Headers, and what is written into legends.
  ...['Authorization', 'Bearer', '{{instance}}'],
  ...['B', 's', 'ms', 'px', 'd', 'h', 'min', 'Ctrl', 'K', 'a', 'b', 'c'],
])
const LETTERS = /\p{L}/u
const PROSE = /^\p{Lu}[\p{Ll}’']+(?:[,:]? \S+)+/u
const WORD = /^\p{Lu}\p{Ll}+/u
const SEVERAL = / \p{Ll}+|\p{Ll} /u
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
  /** What markup says as it is: nothing between it and the page. */
  isText: boolean
  /** A property or attribute that is shown. */
  isShown: boolean
  isCode: boolean
}

/** Not shown by itself: a test, an argument, an index. */
function aside(place: Place): Place {
  return { ...place, isShown: false, isText: false }
}

type Visit = (node: Node, place: Place) => void

const nothing: Visit = () => undefined

/** Collects from one file. */
class Reader {
  readonly found: Found[] = []
  readonly problems: Problem[] = []
  readonly #code: string
  readonly #visits: Readonly<Record<string, Visit>> = {
    CallExpression: (node, place) => this.#call(node, place),
    Text: (node, place) => this.#text(node, place),
    Attribute: (node, place) => this.#attribute(node, place),
    ExpressionTag: (node, place) => this.read(node.expression as Node, { ...place, isText: true }),
    Literal: (node, place) => this.#literal(node, typeof node.value === 'string' ? node.value : '', place),
    TemplateElement: (node, place) => this.#literal(node, (node.value as { cooked?: string }).cooked ?? '', place),
    TemplateLiteral: (node, place) => {
      this.#all(node.quasis as Node[], place)
      this.#all(node.expressions as Node[], aside(place))
    },
    ConditionalExpression: (node, place) => {
      this.read(node.test as Node, aside(place))
      this.#all([node.consequent, node.alternate] as Node[], place)
    },
    BinaryExpression: (node, place) => {
      // Compared rather than shown.
      if (node.operator === '+') this.#into(node, place)
      else this.#all(childrenOf(node).filter((child) => !isLiteral(child)), aside(place))
    },
    MemberExpression: (node, place) => {
      this.read(node.object as Node, aside(place))
      if (node.computed && !isLiteral(node.property as Node)) this.read(node.property as Node, aside(place))
    },
    NewExpression: (node, place) => {
      const name = (node.callee as Node).name
      // Told to developers.
      if (name !== 'Error' && name !== 'RegExp') this.#into(node, place)
    },
    Property: (node, place) => this.#property(node, place),
    SwitchCase: (node, place) => this.#all(node.consequent as Node[], place),
    ...Object.fromEntries(['ImportDeclaration', 'ImportExpression', 'StyleSheet', 'StyleDirective', 'ClassDirective', 'Comment'].map((type) => [type, nothing])),
  }

  constructor(code: string) {
    this.#code = code
  }

  read(node: Node, place: Place): void {
    if (node.type.startsWith('TS') && !/^TS(As|NonNull|Satisfies)/.test(node.type)) return
    const visit = this.#visits[node.type]
    if (visit) visit(node, place)
    else this.#into(node, FUNCTIONS.has(node.type) ? { ...aside(place), isLater: true } : place)
  }

  #all(nodes: readonly Node[], place: Place): void {
    for (const node of nodes) this.read(node, place)
  }

  #into(node: Node, place: Place): void {
    const isCode = place.isCode || (node.type === 'RegularElement' && CODE.has(node.name as string))
    const isText = place.isText && /^(Logical|Binary)Expression$/.test(node.type)
    this.#all(childrenOf(node), { ...place, isCode, isText })
  }

  #call(node: Node, place: Place): void {
    const callee = node.callee as Node
    const parts = node.arguments as Node[]
    const name = callee.type === 'Identifier' ? (callee.name as string) : ''
    if (!CALLS.has(name)) {
      // What an object does when it is told to `say` something.
      const isSaid = callee.type === 'MemberExpression' && (callee.property as Node).name === 'say'
      this.read(callee, aside(place))
      this.#all(parts, { ...aside(place), isShown: isSaid })
      return
    }
    if (name !== 'words' && !place.isLater) this.#say(node, `${name}() runs before the language is there: words() here, and t() where it is shown`)
    if (name === 'tn') this.#pair(node, parts)
    else this.found.push(...literals(parts[0]).map((text) => ({ text })))
    this.#all(name === 'tn' ? parts.slice(3) : parts.slice(literals(parts[0]).length > 0 ? 1 : 0), aside(place))
  }

  #pair(node: Node, [, one, many]: readonly Node[]): void {
    const [[first, ...others], [second, ...more]] = [literals(one), literals(many)]
    if (first === undefined || second === undefined || others.length + more.length > 0) this.#say(node, 'tn() with texts that are not there to read')
    else this.found.push({ text: second, one: first })
  }

  #text(node: Node, { isCode }: Place): void {
    const text = (node.data as string).trim()
    if (!isCode && LETTERS.test(text) && !isName(text)) this.#say(node, `a text outside t(): ${text}`)
  }

  #attribute(node: Node, place: Place): void {
    const name = node.name as string
    if (name === 'class' || name === 'style') return
    const values = (Array.isArray(node.value) ? node.value : [node.value]) as unknown[]
    for (const value of values.filter(isNode)) {
      if (value.type === 'Text') this.#spoken(node, name, (value.data as string).trim())
      else this.read(value.type === 'ExpressionTag' ? (value.expression as Node) : value, { ...place, isShown: SHOWN.has(name), isText: SPOKEN.has(name) })
    }
  }

  #spoken(node: Node, name: string, text: string): void {
    // A placeholder may show what is typed.
    const isSaid = SPOKEN.has(name) && name !== 'placeholder' ? LETTERS.test(text) : PROSE.test(text) || (SHOWN.has(name) && (WORD.test(text) || SEVERAL.test(text)))
    if (isSaid && !isName(text)) this.#say(node, `${name} outside t(): ${text}`)
  }

  #property(node: Node, place: Place): void {
    const key = node.key as Node
    const name = typeof key.name === 'string' ? key.name : isLiteral(key) ? key.value : ''
    if (node.computed) this.read(key, aside(place))
    this.read(node.value as Node, { ...aside(place), isShown: SHOWN.has(name) })
  }

  #literal(node: Node, text: string, { isShown, isMarkup, isText, isCode }: Place): void {
    if (isCode || isName(text)) return
    const isProse = (isText && LETTERS.test(text)) || PROSE.test(text.trim()) || ((isShown || isMarkup) && WORD.test(text.trim())) || (isShown && SEVERAL.test(text))
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
  const at = { isLater: false, isMarkup: false, isText: false, isShown: false, isCode: false }
  if (root.module) reader.read(root.module.content as unknown as Node, at)
  if (root.instance) reader.read(root.instance.content as unknown as Node, { ...at, isLater: true })
  reader.read(root.fragment as unknown as Node, { ...at, isLater: true, isMarkup: true })
  return reader
}
