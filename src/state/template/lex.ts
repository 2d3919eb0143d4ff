import { quoted, runeOf } from './quote.ts'

export type ItemKind =
  | 'error'
  | 'bool'
  | 'char'
  | 'charConstant'
  | 'complex'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'leftDelim'
  | 'leftParen'
  | 'number'
  | 'pipe'
  | 'rawString'
  | 'rightDelim'
  | 'rightParen'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'
  | 'dot'
  | Keyword

type Keyword = 'block' | 'break' | 'continue' | 'define' | 'else' | 'end' | 'if' | 'nil' | 'range' | 'template' | 'with'

/** One word of a template. `at`: its offset in the text; `row` counts from 1. */
export type Item = { readonly kind: ItemKind; readonly text: string; readonly at: number; readonly row: number }

const keywords: ReadonlySet<string> = new Set<Keyword>([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
])

/** An item as Go names it in a message. */
export function itemText({ kind, text }: Item): string {
  if (kind === 'eof') return 'EOF'
  if (kind === 'error') return text
  if (kind === 'dot' || keywords.has(kind)) return `<${text}>`
  return Array.from(text).length > 10 ? `${quoted(Array.from(text).slice(0, 10).join(''))}...` : quoted(text)
}

/** Cuts a template into items, one at a time; after an `error` there is nothing more. Linear: every character is seen once. */
export class Lexer {
  readonly #input: string
  #at = 0
  #start = 0
  #row = 1
  #counted = 0
  #isInside = false
  #depth = 0
  #isDone = false

  constructor(input: string) {
    this.#input = input
  }

  next(): Item {
    if (this.#isDone) return this.#item('eof')
    return this.#isInside ? this.#inside() : this.#text()
  }

  #text(): Item {
    const open = this.#input.indexOf('{{', this.#at)
    const end = open === -1 ? this.#input.length : open
    if (end > this.#at) {
      const isTrimmed = open !== -1 && leftTrim.test(this.#input.slice(end + 2, end + 4))
      this.#at = isTrimmed ? trimmedEnd(this.#input, this.#start, end) : end
      const item = this.#item('text')
      this.#skipTo(end)
      if (item.text !== '') return item
    }
    return open === -1 ? this.#item('eof') : this.#leftDelim()
  }

  #leftDelim(): Item {
    const isTrimmed = leftTrim.test(this.#input.slice(this.#at + 2, this.#at + 4))
    const after = this.#at + (isTrimmed ? 4 : 2)
    if (this.#input.startsWith('/*', after)) {
      this.#skipTo(after)
      return this.#comment()
    }
    this.#at += 2
    const item = this.#item('leftDelim')
    this.#skipTo(after)
    this.#isInside = true
    this.#depth = 0
    return item
  }

  #comment(): Item {
    const close = this.#input.indexOf('*/', this.#at + 2)
    if (close === -1) return this.#error('unclosed comment')
    this.#at = close + 2
    const delim = this.#rightDelimAt()
    if (delim === null) return this.#error('comment ends before closing delimiter')
    this.#skipTo(this.#at + delim.size)
    if (delim.trims) this.#skipTo(trimmedStart(this.#input, this.#at))
    return this.#text()
  }

  #rightDelim(): Item {
    const delim = this.#rightDelimAt()
    if (delim?.trims === true) this.#skipTo(this.#at + 2)
    this.#at += 2
    const item = this.#item('rightDelim')
    if (delim?.trims === true) this.#skipTo(trimmedStart(this.#input, this.#at))
    this.#isInside = false
    return item
  }

  #rightDelimAt(): { readonly size: number; readonly trims: boolean } | null {
    const isTrimmed = /^[ \t\r\n]-\}\}/.test(this.#input.slice(this.#at, this.#at + 4))
    if (isTrimmed) return { size: 4, trims: true }
    return this.#input.startsWith('}}', this.#at) ? { size: 2, trims: false } : null
  }

  #inside(): Item {
    if (this.#rightDelimAt() !== null) {
      return this.#depth === 0 ? this.#rightDelim() : this.#error('unclosed left paren')
    }
    const code = this.#input.codePointAt(this.#at)
    if (code === undefined) return this.#error('unclosed action')
    const character = String.fromCodePoint(code)
    if (isSpace(character)) return this.#space()
    this.#at += character.length
    return this.#word(character)
  }

  #word(character: string): Item {
    const following = this.#input[this.#at] ?? ''
    switch (character) {
      case '=':
        return this.#item('assign')
      case ':':
        if (following !== '=') return this.#error('expected :=')
        this.#at += 1
        return this.#item('declare')
      case '|':
        return this.#item('pipe')
      case '"':
        return this.#quoted('"', 'string', 'unterminated quoted string')
      case "'":
        return this.#quoted("'", 'charConstant', 'unterminated character constant')
      case '`':
        return this.#rawString()
      case '$':
        return this.#name('variable')
      case '(':
        this.#depth += 1
        return this.#item('leftParen')
      case ')':
        this.#depth -= 1
        return this.#depth < 0 ? this.#error('unexpected right paren') : this.#item('rightParen')
    }
    if (character === '.' && !isDigit(following)) return this.#name('field')
    if (character === '.' || character === '+' || character === '-' || isDigit(character)) return this.#number(character)
    if (isAlphanumeric(character)) return this.#identifier()
    const code = character.codePointAt(0) ?? 0
    return code > 0x20 && code < 0x7f ? this.#item('char') : this.#error(`unrecognized character in action: ${unicode(code)}`)
  }

  #space(): Item {
    let end = this.#at
    while (isSpace(this.#input[end] ?? '')) end += 1
    // The last space may belong to a closing delimiter that trims.
    if (this.#input.startsWith('-}}', end)) end -= 1
    if (end === this.#at) return this.#rightDelim()
    this.#at = end
    return this.#item('space')
  }

  #quoted(quote: string, kind: ItemKind, fault: string): Item {
    for (;;) {
      const character = this.#input[this.#at]
      if (character === undefined || character === '\n') return this.#error(fault)
      this.#at += 1
      if (character === quote) return this.#item(kind)
      if (character !== '\\') continue
      const escaped = this.#input[this.#at]
      if (escaped === undefined || escaped === '\n') return this.#error(fault)
      this.#at += 1
    }
  }

  #rawString(): Item {
    const close = this.#input.indexOf('`', this.#at)
    if (close === -1) return this.#error('unterminated raw quoted string')
    this.#at = close + 1
    return this.#item('rawString')
  }

  #name(kind: 'field' | 'variable'): Item {
    if (this.#isTerminated()) return this.#item(kind === 'field' ? 'dot' : 'variable')
    this.#alphanumerics()
    if (!this.#isTerminated()) return this.#error(`bad character ${unicode(this.#input.codePointAt(this.#at) ?? 0)}`)
    return this.#item(kind)
  }

  #identifier(): Item {
    this.#alphanumerics()
    if (!this.#isTerminated()) return this.#error(`bad character ${unicode(this.#input.codePointAt(this.#at) ?? 0)}`)
    const word = this.#input.slice(this.#start, this.#at)
    if (keywords.has(word)) return this.#item(word as Keyword)
    return this.#item(word === 'true' || word === 'false' ? 'bool' : 'identifier')
  }

  #number(first: string): Item {
    this.#at -= first.length
    if (!this.#scanNumber()) return this.#error(`bad number syntax: ${quoted(this.#input.slice(this.#start, this.#at))}`)
    if (!/[+-]/.test(this.#input[this.#at] ?? '')) return this.#item('number')
    const isComplex = this.#scanNumber() && this.#input[this.#at - 1] === 'i'
    if (!isComplex) return this.#error(`bad number syntax: ${quoted(this.#input.slice(this.#start, this.#at))}`)
    return this.#item('complex')
  }

  #scanNumber(): boolean {
    numberForm.lastIndex = this.#at
    this.#at += numberForm.exec(this.#input)?.[0].length ?? 0
    const next = this.#input.codePointAt(this.#at)
    if (next === undefined || !isAlphanumeric(String.fromCodePoint(next))) return true
    this.#at += String.fromCodePoint(next).length
    return false
  }

  #alphanumerics(): void {
    for (;;) {
      const code = this.#input.codePointAt(this.#at)
      if (code === undefined || !isAlphanumeric(String.fromCodePoint(code))) return
      this.#at += code > 0xffff ? 2 : 1
    }
  }

  #isTerminated(): boolean {
    const character = this.#input[this.#at]
    if (character === undefined || isSpace(character) || '.,|:)('.includes(character)) return true
    return this.#input.startsWith('}}', this.#at)
  }

  #item(kind: ItemKind): Item {
    this.#count(this.#start)
    const item = {
      kind,
      text: kind === 'eof' ? 'EOF' : this.#input.slice(this.#start, this.#at),
      at: this.#start,
      row: this.#row,
    }
    this.#start = this.#at
    return item
  }

  #error(text: string): Item {
    this.#count(this.#start)
    this.#isDone = true
    return { kind: 'error', text, at: this.#start, row: this.#row }
  }

  #skipTo(at: number): void {
    this.#at = at
    this.#start = at
  }

  #count(to: number): void {
    for (; this.#counted < to; this.#counted += 1) if (this.#input[this.#counted] === '\n') this.#row += 1
  }
}

const leftTrim = /^-[ \t\r\n]/
const numberForm =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y

function trimmedEnd(text: string, start: number, end: number): number {
  let at = end
  while (at > start && isSpace(text[at - 1] ?? '')) at -= 1
  return at
}

function trimmedStart(text: string, start: number): number {
  let at = start
  while (isSpace(text[at] ?? '')) at += 1
  return at
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n'
}

function isDigit(character: string): boolean {
  return character.length === 1 && character >= '0' && character <= '9'
}

const alphanumeric = /^[\p{L}\p{Nd}_]$/u

function isAlphanumeric(character: string): boolean {
  return alphanumeric.test(character)
}

function unicode(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}${code >= 0x20 && code !== 0x7f ? ` '${runeOf(code)}'` : ''}`
}
