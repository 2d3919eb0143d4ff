import { Cursor, isBlank, isBlankOrEnd, isBreak, isWord, YamlFault, type Mark } from './cursor.ts'
import { scanBlock, scanPlain, scanQuoted } from './scalars.ts'
import { scanDirective, scanTag, type Directive, type Tag } from './tags.ts'

export type TokenKind =
  | 'streamEnd'
  | 'directive'
  | 'documentStart'
  | 'documentEnd'
  | 'blockListStart'
  | 'blockMapStart'
  | 'blockEnd'
  | 'flowListStart'
  | 'flowListEnd'
  | 'flowMapStart'
  | 'flowMapEnd'
  | 'blockEntry'
  | 'flowEntry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar'

export type Token = {
  readonly kind: TokenKind
  readonly start: Mark
  readonly end: Mark
  /** Of a scalar, an anchor, an alias. */
  readonly text: string
  readonly isPlain: boolean
  readonly tag: Tag | null
  readonly directive: Directive | null
}

/** A token that may turn out to be the key of a `:` to come; `isRequired`: by its column it can be nothing else. */
type SimpleKey = { isPossible: boolean; readonly isRequired: boolean; readonly number: number; readonly mark: Mark }

const noKey: SimpleKey = { isPossible: false, isRequired: false, number: -1, mark: { at: 0, line: 0, column: 0 } }
const maxDepth = 10_000
/** A key must end within this many characters, and on its line. */
const longestKey = 1024

/**
 * Cuts YAML into tokens as libyaml does, whose line go-yaml follows: block structure becomes tokens of its own, and a key is known by the
 * `:` behind it. Always three tokens ahead, as go-yaml is, so that faults come in its order.
 */
export class Scanner {
  readonly #cursor: Cursor
  readonly #tokens: Token[] = []
  readonly #indents: number[] = []
  #head = 0
  #taken = 0
  /** Whether enough tokens are there to take the next one. */
  #isAhead = false
  #indent = -1
  #flowLevel = 0
  #allowsKey = true
  #keys: SimpleKey[] = [{ ...noKey }]

  constructor(text: string) {
    this.#cursor = new Cursor(text)
    if (text.startsWith('\ufeff')) {
      this.#cursor.at = 1
      this.#cursor.lineStart = 1
    }
  }

  /** @throws YamlFault */
  peek(): Token {
    if (!this.#isAhead) {
      while (this.#needsMore()) this.#fetch()
      this.#isAhead = true
    }
    return this.#tokens[this.#head] as Token
  }

  skip(): void {
    this.#isAhead = false
    this.#head += 1
    this.#taken += 1
    if (this.#head < 1000) return
    this.#tokens.splice(0, this.#head)
    this.#head = 0
  }

  #needsMore(): boolean {
    if (this.#tokens.length - this.#head <= 2) return true
    for (const key of this.#keys) if (key.isPossible && key.number === this.#taken) return this.#isValid(key)
    return false
  }

  #fetch(): void {
    const cursor = this.#cursor
    this.#toNextToken()
    this.#unroll(cursor.column)
    const code = cursor.code()
    if (code === -1) return this.#streamEnd()
    if (cursor.column === 0 && code === 0x25) return this.#directive()
    if (cursor.isDocumentMark()) return this.#documentMark()
    const next = cursor.code(1)
    const isFlow = this.#flowLevel > 0
    switch (code) {
      case 0x5b:
        return this.#flowStart('flowListStart')
      case 0x7b:
        return this.#flowStart('flowMapStart')
      case 0x5d:
        return this.#flowEnd('flowListEnd')
      case 0x7d:
        return this.#flowEnd('flowMapEnd')
      case 0x2c:
        this.#forgetKey()
        this.#allowsKey = true
        return this.#indicator('flowEntry')
      case 0x2a:
        return this.#anchor('alias')
      case 0x26:
        return this.#anchor('anchor')
      case 0x21:
        return this.#tag()
      case 0x27:
        return this.#quoted("'")
      case 0x22:
        return this.#quoted('"')
    }
    if (code === 0x2d && isBlankOrEnd(next)) return this.#blockEntry()
    if (code === 0x3f && (isFlow || isBlankOrEnd(next))) return this.#key()
    if (code === 0x3a && (isFlow || isBlankOrEnd(next))) return this.#value()
    if ((code === 0x7c || code === 0x3e) && !isFlow) return this.#block()
    if (startsPlain(code, next, isFlow)) return this.#plain()
    throw this.#fault('found character that cannot start any token')
  }

  #toNextToken(): void {
    const cursor = this.#cursor
    for (;;) {
      if (cursor.column === 0 && cursor.code() === 0xfeff) cursor.at += 1
      // A tab is no indentation, but where no key can stand it is a blank.
      const takesTabs = this.#flowLevel > 0 || !this.#allowsKey
      if (takesTabs) cursor.skipBlanks()
      else while (cursor.code() === 0x20) cursor.at += 1
      if (cursor.code() === 0x23) cursor.skipToBreak()
      if (!isBreak(cursor.code())) return
      cursor.readBreak()
      if (this.#flowLevel === 0) this.#allowsKey = true
    }
  }

  #streamEnd(): void {
    const cursor = this.#cursor
    if (cursor.column !== 0) {
      cursor.line += 1
      cursor.lineStart = cursor.at
    }
    this.#unroll(-1)
    this.#forgetKey()
    this.#allowsKey = false
    this.#add('streamEnd', cursor.mark)
  }

  #directive(): void {
    this.#unroll(-1)
    this.#forgetKey()
    this.#allowsKey = false
    const start = this.#cursor.mark
    const directive = scanDirective(this.#cursor)
    this.#tokens.push({ ...token('directive', start, this.#cursor.mark), directive })
  }

  #documentMark(): void {
    this.#unroll(-1)
    this.#forgetKey()
    this.#allowsKey = false
    const start = this.#cursor.mark
    const kind = this.#cursor.code() === 0x2d ? 'documentStart' : 'documentEnd'
    this.#cursor.at += 3
    this.#add(kind, start)
  }

  #flowStart(kind: TokenKind): void {
    this.#rememberKey()
    this.#keys.push({ ...noKey, mark: this.#cursor.mark })
    this.#flowLevel += 1
    if (this.#flowLevel > maxDepth) throw this.#fault(`exceeded max depth of ${maxDepth}`)
    this.#allowsKey = true
    this.#indicator(kind)
  }

  #flowEnd(kind: TokenKind): void {
    this.#forgetKey()
    if (this.#flowLevel > 0) {
      this.#flowLevel -= 1
      this.#keys.pop()
    }
    this.#allowsKey = false
    this.#indicator(kind)
  }

  #blockEntry(): void {
    if (this.#flowLevel === 0) {
      if (!this.#allowsKey) throw this.#fault('block sequence entries are not allowed in this context')
      this.#roll(this.#cursor.mark, null, 'blockListStart')
    }
    this.#forgetKey()
    this.#allowsKey = true
    this.#indicator('blockEntry')
  }

  #key(): void {
    if (this.#flowLevel === 0) {
      if (!this.#allowsKey) throw this.#fault('mapping keys are not allowed in this context')
      this.#roll(this.#cursor.mark, null, 'blockMapStart')
    }
    this.#forgetKey()
    this.#allowsKey = this.#flowLevel === 0
    this.#indicator('key')
  }

  #value(): void {
    const key = this.#lastKey()
    if (this.#isValid(key)) {
      this.#insert(key.number, token('key', key.mark, key.mark))
      this.#roll(key.mark, key.number, 'blockMapStart')
      key.isPossible = false
      this.#allowsKey = false
    } else {
      if (this.#flowLevel === 0) {
        if (!this.#allowsKey) throw this.#fault('mapping values are not allowed in this context')
        this.#roll(this.#cursor.mark, null, 'blockMapStart')
      }
      this.#allowsKey = this.#flowLevel === 0
    }
    this.#indicator('value')
  }

  #anchor(kind: 'alias' | 'anchor'): void {
    this.#rememberKey()
    this.#allowsKey = false
    const cursor = this.#cursor
    const start = cursor.mark
    cursor.at += 1
    const from = cursor.at
    while (isWord(cursor.code())) cursor.at += 1
    const text = cursor.text.slice(from, cursor.at)
    const next = cursor.code()
    if (text === '' || !(isBlankOrEnd(next) || '?:,]}%@`'.includes(String.fromCharCode(next)))) {
      throw new YamlFault('did not find expected alphabetic or numeric character', start, cursor.mark, true)
    }
    this.#add(kind, start, text)
  }

  #tag(): void {
    this.#rememberKey()
    this.#allowsKey = false
    const start = this.#cursor.mark
    const tag = scanTag(this.#cursor)
    this.#tokens.push({ ...token('tag', start, this.#cursor.mark), tag })
  }

  #block(): void {
    this.#forgetKey()
    this.#allowsKey = true
    const start = this.#cursor.mark
    this.#add('scalar', start, scanBlock(this.#cursor, this.#indent))
  }

  #quoted(quote: '"' | "'"): void {
    this.#rememberKey()
    this.#allowsKey = false
    const start = this.#cursor.mark
    this.#add('scalar', start, scanQuoted(this.#cursor, quote))
  }

  #plain(): void {
    this.#rememberKey()
    this.#allowsKey = false
    const start = this.#cursor.mark
    const { text, hasBreak } = scanPlain(this.#cursor, this.#indent + 1, this.#flowLevel > 0)
    if (hasBreak) this.#allowsKey = true
    this.#add('scalar', start, text, true)
  }

  #rememberKey(): void {
    if (!this.#allowsKey) return
    const mark = this.#cursor.mark
    const isRequired = this.#flowLevel === 0 && this.#indent === mark.column
    this.#forgetKey()
    this.#keys[this.#keys.length - 1] = { isPossible: true, isRequired, number: this.#nextNumber(), mark }
  }

  #forgetKey(): void {
    const key = this.#lastKey()
    if (key.isPossible && key.isRequired) throw new YamlFault("could not find expected ':'", key.mark, this.#cursor.mark, true)
    key.isPossible = false
  }

  #isValid(key: SimpleKey): boolean {
    if (!key.isPossible) return false
    const { line, at } = this.#cursor
    if (key.mark.line >= line && key.mark.at + longestKey >= at) return true
    if (key.isRequired) throw new YamlFault("could not find expected ':'", key.mark, this.#cursor.mark, true)
    key.isPossible = false
    return false
  }

  #lastKey(): SimpleKey {
    return this.#keys.at(-1) ?? noKey
  }

  #roll(mark: Mark, number: number | null, kind: TokenKind): void {
    if (this.#flowLevel > 0 || this.#indent >= mark.column) return
    this.#indents.push(this.#indent)
    this.#indent = mark.column
    if (this.#indents.length > maxDepth) throw this.#fault(`exceeded max depth of ${maxDepth}`)
    this.#insert(number ?? this.#nextNumber(), token(kind, mark, mark))
  }

  #unroll(column: number): void {
    if (this.#flowLevel > 0) return
    while (this.#indent > column) {
      this.#add('blockEnd', this.#cursor.mark)
      this.#indent = this.#indents.pop() ?? -1
    }
  }

  #nextNumber(): number {
    return this.#taken + this.#tokens.length - this.#head
  }

  #insert(number: number, inserted: Token): void {
    this.#tokens.splice(this.#head + number - this.#taken, 0, inserted)
  }

  #indicator(kind: TokenKind): void {
    const start = this.#cursor.mark
    this.#cursor.at += 1
    this.#add(kind, start)
  }

  #add(kind: TokenKind, start: Mark, text = '', isPlain = false): void {
    this.#tokens.push(token(kind, start, this.#cursor.mark, text, isPlain))
  }

  #fault(text: string): YamlFault {
    return new YamlFault(text, this.#cursor.mark, this.#cursor.mark, true)
  }
}

function token(kind: TokenKind, start: Mark, end: Mark, text = '', isPlain = false): Token {
  return { kind, start, end, text, isPlain, tag: null, directive: null }
}

const indicators = new Set(Array.from('-?:,[]{}#&*!|>\'"%@`').map((character) => character.charCodeAt(0)))

function startsPlain(code: number, next: number, isFlow: boolean): boolean {
  if (!isBlankOrEnd(code) && !indicators.has(code)) return true
  if (code === 0x2d) return !isBlank(next)
  return !isFlow && (code === 0x3f || code === 0x3a) && !isBlankOrEnd(next)
}
