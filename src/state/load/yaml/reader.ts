import type { ListNode, MapNode, Node, ScalarNode } from '../node.ts'
import { resolveScalar } from '../scalars.ts'
import { YamlFault, type Mark } from './cursor.ts'
import { Scanner, type Token, type TokenKind } from './scanner.ts'

/** What a text says that is no YAML node: an alias of nothing. go-yaml tells no line for it. */
export class UnknownAnchor extends Error {
  override readonly name = 'UnknownAnchor'
  readonly mark: Mark

  constructor(name: string, mark: Mark) {
    super(`unknown anchor '${name}' referenced`)
    this.mark = mark
  }
}

/** Deeper nesting is refused before the stack ends. */
const maxDepth = 1000

/** Makes nodes of tokens, one document at a time, with libyaml's grammar and faults. */
export class DocumentReader {
  readonly #scanner: Scanner
  readonly #anchors = new Map<string, Node>()
  #handles = new Map<string, string>()
  #depth = 0

  constructor(text: string) {
    this.#scanner = new Scanner(text)
  }

  /** The first document; undefined: there is none. @throws YamlFault, UnknownAnchor */
  first(): Node | undefined {
    if (this.#kind() === 'streamEnd') return undefined
    const root = this.#document()
    // go-yaml looks whether the document ends, and trips over what it then sees.
    this.#scanner.peek()
    return root
  }

  #document(): Node {
    this.#handles = new Map([
      ['!', '!'],
      ['!!', 'tag:yaml.org,2002:'],
    ])
    const isExplicit = this.#isAt('directive', 'documentStart')
    if (!isExplicit) return this.#node(true, false)
    this.#directives()
    if (this.#kind() !== 'documentStart') throw this.#fault('did not find expected <document start>')
    this.#scanner.skip()
    if (this.#isAt('directive', 'documentStart', 'documentEnd', 'streamEnd')) return empty(this.#scanner.peek().start)
    return this.#node(true, false)
  }

  /** Where another document that holds something begins; null: there is none. Faults behind the first one are nobody's business. */
  nextRow(): number | null {
    try {
      while (this.#isAt('documentEnd', 'documentStart')) this.#scanner.skip()
      return this.#kind() === 'streamEnd' ? null : this.#scanner.peek().start.line + 1
    } catch (error) {
      if (error instanceof YamlFault) return error.problem.line + 1
      throw error
    }
  }

  #directives(): void {
    let hasVersion = false
    const given = new Set<string>()
    for (let token = this.#scanner.peek(); token.directive !== null; token = this.#scanner.peek()) {
      if (token.directive.kind === 'version') {
        if (hasVersion) throw this.#fault('found duplicate %YAML directive')
        if (!token.directive.isKnown) throw this.#fault('found incompatible YAML document')
        hasVersion = true
      } else {
        if (given.has(token.directive.handle)) throw this.#fault('found duplicate %TAG directive')
        given.add(token.directive.handle)
        this.#handles.set(token.directive.handle, token.directive.prefix)
      }
      this.#scanner.skip()
    }
  }

  #node(isBlock: boolean, takesBareList: boolean): Node {
    const first = this.#scanner.peek()
    if (first.kind === 'alias') return this.#alias(first)
    const { anchor, tag } = this.#properties(first)
    const token = this.#scanner.peek()
    const start = first.start
    this.#depth += 1
    if (this.#depth > maxDepth) throw new YamlFault(`exceeded max depth of ${maxDepth}`, start, start, true)
    const node = this.#content(token, start, tag, anchor, isBlock, takesBareList)
    this.#depth -= 1
    if (node !== null) return node
    if (anchor !== null || tag !== null) return this.#keep(anchor, scalar(start, '', true, tag))
    throw new YamlFault('did not find expected node content', start, token.start, false)
  }

  #content(
    token: Token,
    start: Mark,
    tag: string | null,
    anchor: string | null,
    isBlock: boolean,
    takesBareList: boolean,
  ): Node | null {
    if (takesBareList && token.kind === 'blockEntry') return this.#bareList(this.#keep(anchor, list(start, tag)))
    switch (token.kind) {
      case 'scalar':
        this.#scanner.skip()
        return this.#keep(anchor, scalar(start, token.text, token.isPlain, tag))
      case 'flowListStart':
        return this.#flowList(this.#keep(anchor, list(start, tag)))
      case 'flowMapStart':
        return this.#flowMap(this.#keep(anchor, map(start, tag)))
      case 'blockListStart':
        return isBlock ? this.#blockList(this.#keep(anchor, list(start, tag))) : null
      case 'blockMapStart':
        return isBlock ? this.#blockMap(this.#keep(anchor, map(start, tag))) : null
      default:
        return null
    }
  }

  #alias(token: Token): Node {
    const target = this.#anchors.get(token.text)
    if (target === undefined) throw new UnknownAnchor(token.text, token.start)
    this.#scanner.skip()
    return { kind: 'alias', name: token.text, target, row: token.start.line + 1, column: token.start.column + 1 }
  }

  #properties(first: Token): { readonly anchor: string | null; readonly tag: string | null } {
    let anchor: string | null = null
    let written: Token | null = null
    for (let token = first; ; token = this.#scanner.peek()) {
      if (token.kind === 'anchor' && anchor === null) anchor = token.text
      else if (token.kind === 'tag' && written === null) written = token
      else break
      this.#scanner.skip()
    }
    const tag = written?.tag ?? null
    if (written === null || tag === null) return { anchor, tag: null }
    const { handle, suffix } = tag
    if (handle === '') return { anchor, tag: suffix }
    const prefix = this.#handles.get(handle)
    if (prefix === undefined) throw new YamlFault('found undefined tag handle', first.start, written.start, false)
    return { anchor, tag: prefix + suffix }
  }

  #blockList(node: ListNode): ListNode {
    const start = this.#scanner.peek().start
    this.#scanner.skip()
    for (;;) {
      const token = this.#scanner.peek()
      if (token.kind === 'blockEnd') break
      if (token.kind !== 'blockEntry') throw new YamlFault("did not find expected '-' indicator", start, token.start, false)
      this.#scanner.skip()
      node.items.push(this.#isAt('blockEntry', 'blockEnd') ? empty(token.end) : this.#node(true, false))
    }
    this.#scanner.skip()
    return node
  }

  /** A list as value of a key in the same column has no tokens around it. */
  #bareList(node: ListNode): ListNode {
    for (let token = this.#scanner.peek(); token.kind === 'blockEntry'; token = this.#scanner.peek()) {
      this.#scanner.skip()
      node.items.push(this.#isAt('blockEntry', 'key', 'value', 'blockEnd') ? empty(token.end) : this.#node(true, false))
    }
    return node
  }

  #blockMap(node: MapNode): MapNode {
    const start = this.#scanner.peek().start
    this.#scanner.skip()
    for (;;) {
      const token = this.#scanner.peek()
      if (token.kind === 'blockEnd') break
      if (token.kind !== 'key') throw new YamlFault('did not find expected key', start, token.start, false)
      this.#scanner.skip()
      const key = this.#isAt('key', 'value', 'blockEnd') ? empty(token.end) : this.#node(true, true)
      node.pairs.push([key, this.#blockValue()])
    }
    this.#scanner.skip()
    return node
  }

  #blockValue(): Node {
    const token = this.#scanner.peek()
    if (token.kind !== 'value') return empty(token.start)
    this.#scanner.skip()
    return this.#isAt('key', 'value', 'blockEnd') ? empty(token.end) : this.#node(true, true)
  }

  #flowList(node: ListNode): ListNode {
    const start = this.#scanner.peek().start
    this.#scanner.skip()
    for (let isFirst = true; this.#kind() !== 'flowListEnd'; isFirst = false) {
      if (!isFirst) this.#flowEntry(start, "did not find expected ',' or ']'")
      if (this.#kind() === 'flowListEnd') break
      node.items.push(this.#kind() === 'key' ? this.#flowPair() : this.#node(false, false))
    }
    this.#scanner.skip()
    return node
  }

  /** `[a: b]` is a list of one map. */
  #flowPair(): Node {
    const { start } = this.#scanner.peek()
    const node = map(start, null)
    this.#scanner.skip()
    const isEmptyKey = this.#isAt('value', 'flowEntry', 'flowListEnd')
    const token = this.#scanner.peek()
    let key: Node
    if (isEmptyKey) {
      key = empty(token.end)
      this.#scanner.skip()
    } else key = this.#node(false, false)
    node.pairs.push([key, this.#flowValue('flowListEnd')])
    return node
  }

  #flowMap(node: MapNode): MapNode {
    const start = this.#scanner.peek().start
    this.#scanner.skip()
    for (let isFirst = true; this.#kind() !== 'flowMapEnd'; isFirst = false) {
      if (!isFirst) this.#flowEntry(start, "did not find expected ',' or '}'")
      if (this.#kind() === 'flowMapEnd') break
      if (this.#kind() !== 'key') {
        const key = this.#node(false, false)
        node.pairs.push([key, empty(this.#scanner.peek().start)])
        continue
      }
      this.#scanner.skip()
      const key = this.#isAt('value', 'flowEntry', 'flowMapEnd') ? empty(this.#scanner.peek().start) : this.#node(false, false)
      node.pairs.push([key, this.#flowValue('flowMapEnd')])
    }
    this.#scanner.skip()
    return node
  }

  #flowValue(end: TokenKind): Node {
    const token = this.#scanner.peek()
    if (token.kind !== 'value') return empty(token.start)
    this.#scanner.skip()
    return this.#isAt('flowEntry', end) ? empty(this.#scanner.peek().start) : this.#node(false, false)
  }

  #flowEntry(start: Mark, text: string): void {
    const token = this.#scanner.peek()
    if (token.kind !== 'flowEntry') throw new YamlFault(text, start, token.start, false)
    this.#scanner.skip()
  }

  #keep<T extends Node>(anchor: string | null, node: T): T {
    if (anchor !== null) this.#anchors.set(anchor, node)
    return node
  }

  #kind(): TokenKind {
    return this.#scanner.peek().kind
  }

  #isAt(...kinds: readonly TokenKind[]): boolean {
    return kinds.includes(this.#kind())
  }

  #fault(text: string): YamlFault {
    return new YamlFault(text, null, this.#scanner.peek().start, false)
  }
}

const longPrefix = 'tag:yaml.org,2002:'

function shortTag(tag: string | null, fallback: string): string {
  if (tag === null || tag === '!') return fallback
  return tag.startsWith(longPrefix) ? `!!${tag.slice(longPrefix.length)}` : tag
}

function scalar(start: Mark, text: string, isPlain: boolean, tag: string | null): ScalarNode {
  const isTagged = tag !== null && tag !== '!'
  const own = !isPlain ? '!!str' : text === '<<' ? '!!merge' : isTagged ? '' : resolveScalar(text).tag
  return {
    kind: 'scalar',
    tag: shortTag(tag, own),
    value: text,
    isQuoted: !isPlain,
    isTagged,
    row: start.line + 1,
    column: start.column + 1,
  }
}

function list(start: Mark, tag: string | null): ListNode {
  return { kind: 'list', tag: shortTag(tag, '!!seq'), items: [], row: start.line + 1, column: start.column + 1 }
}

function map(start: Mark, tag: string | null): MapNode {
  return { kind: 'map', tag: shortTag(tag, '!!map'), pairs: [], row: start.line + 1, column: start.column + 1 }
}

function empty(mark: Mark): ScalarNode {
  return scalar(mark, '', true, null)
}
