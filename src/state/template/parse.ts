import { TemplateError } from './fault.ts'
import { itemText, Lexer, type Item, type ItemKind } from './lex.ts'
import { numberNode, unquoted } from './literal.ts'
import { quoted } from './quote.ts'
import {
  isEmptyTree,
  nodeText,
  type BranchNode,
  type CommandNode,
  type EndNode,
  type ListNode,
  type Node,
  type Operand,
  type PipeNode,
  type TemplateNode,
} from './tree.ts'

/** goss calls every template so. */
export const rootName = 'test'

const maxParentheses = 1000
/** Blocks within blocks: each takes a few frames of the stack. */
const maxBlocks = 500

/**
 * Reads a template with the definitions in it.
 *
 * @throws TemplateError with the text and the line of Go's `text/template`
 */
export function parseTemplate(text: string, isFunction: (name: string) => boolean): ReadonlyMap<string, ListNode> {
  const parser = new Parser(text, isFunction)
  return parser.parse()
}

class Parser {
  readonly #lexer: Lexer
  readonly #isFunction: (name: string) => boolean
  readonly #trees = new Map<string, ListNode>()
  readonly #tokens: Item[] = []
  #peeked = 0
  #variables: string[] = ['$']
  #ranges = 0
  #parentheses = 0
  #blocks = 0
  #actionRow = 0

  constructor(text: string, isFunction: (name: string) => boolean) {
    this.#lexer = new Lexer(text)
    this.#isFunction = isFunction
  }

  parse(): ReadonlyMap<string, ListNode> {
    const root: ListNode = { kind: 'list', at: this.#peek().at, nodes: [] }
    while (this.#peek().kind !== 'eof') {
      if (this.#peek().kind === 'leftDelim') {
        const delim = this.#next()
        if (this.#nextNonSpace().kind === 'define') {
          this.#definition()
          continue
        }
        this.#backup2(delim)
      }
      const node = this.#textOrAction()
      if (node.kind === 'end' || node.kind === 'else') throw this.#fault(`unexpected ${nodeText(node)}`)
      root.nodes.push(node)
    }
    this.#add(rootName, root)
    return this.#trees
  }

  #definition(): void {
    const context = 'define clause'
    const token = this.#nextNonSpace()
    if (token.kind !== 'string' && token.kind !== 'rawString') throw this.#unexpected(token, context)
    const name = this.#text(token)
    this.#expect('rightDelim', context)
    const { list, end } = this.#scoped(() => this.#itemList())
    if (end.kind !== 'end') throw this.#fault(`unexpected ${nodeText(end)} in ${context}`)
    this.#add(name, list)
  }

  /** A definition knows only `$`, and no range around it. */
  #scoped<T>(read: () => T): T {
    const outer = { variables: this.#variables, ranges: this.#ranges }
    this.#variables = ['$']
    this.#ranges = 0
    const result = read()
    this.#variables = outer.variables
    this.#ranges = outer.ranges
    return result
  }

  #add(name: string, tree: ListNode): void {
    const before = this.#trees.get(name)
    if (before === undefined || isEmptyTree(before)) {
      this.#trees.set(name, tree)
    } else if (!isEmptyTree(tree)) {
      throw this.#fault(`template: multiple definition of template ${quoted(name)}`)
    }
  }

  #itemList(): { readonly list: ListNode; readonly end: EndNode } {
    this.#blocks += 1
    if (this.#blocks > maxBlocks) throw this.#fault('blocks are nested too deeply')
    const list: ListNode = { kind: 'list', at: this.#peekNonSpace().at, nodes: [] }
    while (this.#peekNonSpace().kind !== 'eof') {
      const node = this.#textOrAction()
      if (node.kind === 'end' || node.kind === 'else') {
        this.#blocks -= 1
        return { list, end: node }
      }
      list.nodes.push(node)
    }
    throw this.#fault('unexpected EOF')
  }

  #textOrAction(): Node {
    const token = this.#nextNonSpace()
    if (token.kind === 'text') return { kind: 'text', at: token.at, text: token.text }
    if (token.kind !== 'leftDelim') throw this.#unexpected(token, 'input')
    this.#actionRow = token.row
    const node = this.#action()
    this.#actionRow = 0
    return node
  }

  #action(): Node {
    const token = this.#nextNonSpace()
    switch (token.kind) {
      case 'block':
        return this.#block()
      case 'break':
      case 'continue':
        return this.#jump(token.kind, token.at)
      case 'else':
        return this.#else()
      case 'end':
        return { kind: 'end', at: this.#expect('rightDelim', 'end').at }
      case 'if':
      case 'range':
      case 'with':
        return this.#branch(token.kind)
      case 'template':
        return this.#template()
      default: {
        this.#backup()
        const { at } = this.#peek()
        return { kind: 'action', at, pipe: this.#pipeline('command', 'rightDelim') }
      }
    }
  }

  #jump(kind: 'break' | 'continue', at: number): Node {
    const token = this.#nextNonSpace()
    if (token.kind !== 'rightDelim') throw this.#unexpected(token, `{{${kind}}}`)
    if (this.#ranges === 0) throw this.#fault(`{{${kind}}} outside {{range}}`)
    return { kind, at }
  }

  #else(): EndNode {
    const peeked = this.#peekNonSpace()
    if (peeked.kind === 'if' || peeked.kind === 'with') return { kind: 'else', at: peeked.at }
    return { kind: 'else', at: this.#expect('rightDelim', 'else').at }
  }

  #branch(kind: BranchNode['kind']): BranchNode {
    const known = this.#variables.length
    const pipe = this.#pipeline(kind, 'rightDelim')
    if (kind === 'range') this.#ranges += 1
    const { list, end } = this.#itemList()
    if (kind === 'range') this.#ranges -= 1
    const otherwise = end.kind === 'else' ? this.#otherwise(kind, end) : null
    this.#variables.length = known
    return { kind, at: pipe.at, pipe, list, otherwise }
  }

  /** `else if` is an `if` within `else` that needs no `end` of its own. */
  #otherwise(kind: BranchNode['kind'], end: EndNode): ListNode {
    if (kind !== 'range' && this.#peek().kind === kind) {
      this.#next()
      this.#blocks += 1
      if (this.#blocks > maxBlocks) throw this.#fault('blocks are nested too deeply')
      const nodes = [this.#branch(kind)]
      this.#blocks -= 1
      return { kind: 'list', at: end.at, nodes }
    }
    const { list, end: last } = this.#itemList()
    if (last.kind !== 'end') throw this.#fault(`expected end; found ${nodeText(last)}`)
    return list
  }

  #block(): TemplateNode {
    const context = 'block clause'
    const token = this.#nextNonSpace()
    const name = this.#templateName(token, context)
    const pipe = this.#pipeline(context, 'rightDelim')
    const { list, end } = this.#scoped(() => this.#itemList())
    if (end.kind !== 'end') throw this.#fault(`unexpected ${nodeText(end)} in ${context}`)
    this.#add(name, list)
    return { kind: 'template', at: token.at, name, pipe }
  }

  #template(): TemplateNode {
    const context = 'template clause'
    const token = this.#nextNonSpace()
    const name = this.#templateName(token, context)
    if (this.#nextNonSpace().kind === 'rightDelim') return { kind: 'template', at: token.at, name, pipe: null }
    this.#backup()
    return { kind: 'template', at: token.at, name, pipe: this.#pipeline(context, 'rightDelim') }
  }

  #templateName(token: Item, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'rawString') throw this.#unexpected(token, context)
    return this.#text(token)
  }

  #pipeline(context: string, end: ItemKind): PipeNode {
    const pipe: PipeNode = { kind: 'pipe', at: this.#peekNonSpace().at, declared: [], isAssign: false, commands: [] }
    this.#declarations(pipe, context)
    for (;;) {
      const token = this.#nextNonSpace()
      if (token.kind === end) {
        this.#checkPipeline(pipe, context)
        return pipe
      }
      if (!operandKinds.has(token.kind)) throw this.#unexpected(token, context)
      this.#backup()
      pipe.commands.push(this.#command())
    }
  }

  #declarations(pipe: PipeNode, context: string): void {
    while (this.#peekNonSpace().kind === 'variable') {
      const variable = this.#next()
      const after = this.#peek()
      const next = this.#peekNonSpace()
      const isComma = next.kind === 'char' && next.text === ','
      if (next.kind !== 'assign' && next.kind !== 'declare' && !isComma) {
        if (after.kind === 'space') this.#backup3(variable, after)
        else this.#backup2(variable)
        return
      }
      if (!isComma) pipe.isAssign = next.kind === 'assign'
      this.#nextNonSpace()
      pipe.declared.push({ kind: 'variable', at: variable.at, names: variable.text.split('.') })
      this.#variables.push(variable.text)
      if (!isComma) return
      if (context !== 'range' || pipe.declared.length >= 2) throw this.#fault(`too many declarations in ${context}`)
      const follows = this.#peekNonSpace().kind
      if (follows !== 'variable' && follows !== 'rightDelim' && follows !== 'rightParen') {
        throw this.#fault('range can only initialize variables')
      }
    }
  }

  #checkPipeline(pipe: PipeNode, context: string): void {
    if (pipe.commands.length === 0) throw this.#fault(`missing value for ${context}`)
    pipe.commands.slice(1).forEach((command, index) => {
      const kind = command.args[0]?.kind ?? 'nil'
      if (['bool', 'dot', 'nil', 'number', 'string'].includes(kind)) {
        throw this.#fault(`non executable command in pipeline stage ${index + 2}`)
      }
    })
  }

  #command(): CommandNode {
    const command: CommandNode = { kind: 'command', at: this.#peekNonSpace().at, args: [] }
    for (;;) {
      this.#peekNonSpace()
      const operand = this.#operand()
      if (operand !== null) command.args.push(operand)
      const token = this.#next()
      if (token.kind === 'space') continue
      if (token.kind === 'rightDelim' || token.kind === 'rightParen') this.#backup()
      else if (token.kind !== 'pipe') throw this.#unexpected(token, 'operand')
      break
    }
    if (command.args.length === 0) throw this.#fault('empty command')
    return command
  }

  #operand(): Operand | null {
    const node = this.#term()
    if (node === null || this.#peek().kind !== 'field') return node
    const { at } = this.#peek()
    const names: string[] = []
    while (this.#peek().kind === 'field') names.push(this.#next().text.slice(1))
    if (node.kind === 'field' || node.kind === 'variable') return { kind: node.kind, at, names: [...node.names, ...names] }
    if (node.kind === 'pipe' || node.kind === 'identifier') return { kind: 'chain', at, node, names }
    throw this.#fault(`unexpected . after term ${quoted(nodeText(node))}`)
  }

  #term(): Operand | null {
    const token = this.#nextNonSpace()
    const { at } = token
    switch (token.kind) {
      case 'identifier':
        if (!this.#isFunction(token.text)) throw this.#fault(`function ${quoted(token.text)} not defined`)
        return { kind: 'identifier', at, name: token.text }
      case 'dot':
      case 'nil':
        return { kind: token.kind, at }
      case 'variable':
        return this.#variable(token)
      case 'field':
        return { kind: 'field', at, names: [token.text.slice(1)] }
      case 'bool':
        return { kind: 'bool', at, value: token.text === 'true' }
      case 'charConstant':
      case 'complex':
      case 'number':
        return this.#number(token.text, token.kind, at)
      case 'leftParen':
        return this.#parenthesized()
      case 'string':
      case 'rawString':
        return { kind: 'string', at, source: token.text, text: this.#text(token) }
      default:
        this.#backup()
        return null
    }
  }

  #parenthesized(): PipeNode {
    if (this.#parentheses >= maxParentheses) throw this.#fault('max expression depth exceeded')
    this.#parentheses += 1
    const pipe = this.#pipeline('parenthesized pipeline', 'rightParen')
    this.#parentheses -= 1
    return pipe
  }

  #number(text: string, kind: 'number' | 'charConstant' | 'complex', at: number): Operand {
    try {
      return numberNode(text, kind, at)
    } catch (error) {
      throw this.#fault((error as Error).message)
    }
  }

  #variable({ text, at }: Item): Operand {
    if (!this.#variables.includes(text)) throw this.#fault(`undefined variable ${quoted(text)}`)
    return { kind: 'variable', at, names: [text] }
  }

  #text(token: Item): string {
    const text = unquoted(token.text)
    if (text === null) throw this.#fault('invalid syntax')
    return text
  }

  #expect(kind: ItemKind, context: string): Item {
    const token = this.#nextNonSpace()
    if (token.kind !== kind) throw this.#unexpected(token, context)
    return token
  }

  #unexpected(token: Item, context: string): TemplateError {
    if (token.kind !== 'error') return this.#fault(`unexpected ${itemText(token)} in ${context}`)
    const isElsewhere = this.#actionRow !== 0 && this.#actionRow !== token.row
    const started = ` started at ${rootName}:${this.#actionRow}`
    const extra = isElsewhere ? (token.text.endsWith(' action') ? started : ` in action${started}`) : ''
    return this.#fault(`${token.text}${extra}`)
  }

  #fault(text: string): TemplateError {
    const row = this.#tokens[0]?.row ?? 1
    return new TemplateError(`template: ${rootName}:${row}: ${text}`, row)
  }

  #next(): Item {
    if (this.#peeked > 0) this.#peeked -= 1
    else this.#tokens[0] = this.#lexer.next()
    return this.#tokens[this.#peeked] as Item
  }

  #peek(): Item {
    if (this.#peeked > 0) return this.#tokens[this.#peeked - 1] as Item
    this.#peeked = 1
    this.#tokens[0] = this.#lexer.next()
    return this.#tokens[0]
  }

  #backup(): void {
    this.#peeked += 1
  }

  #backup2(first: Item): void {
    this.#tokens[1] = first
    this.#peeked = 2
  }

  #backup3(first: Item, second: Item): void {
    this.#tokens[1] = second
    this.#tokens[2] = first
    this.#peeked = 3
  }

  #nextNonSpace(): Item {
    for (;;) {
      const token = this.#next()
      if (token.kind !== 'space') return token
    }
  }

  #peekNonSpace(): Item {
    const token = this.#nextNonSpace()
    this.#backup()
    return token
  }
}

const operandKinds: ReadonlySet<ItemKind> = new Set<ItemKind>([
  'bool',
  'charConstant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'rawString',
  'string',
  'variable',
  'leftParen',
])
