import { quoted } from '../template/quote.ts'
import { GossfileError } from './failure.ts'
import type { ListNode, MapNode, Node, ScalarNode } from './node.ts'

/** Go takes ten times as many; no gossfile needs a hundredth. */
const maxDepth = 1000

/**
 * Reads JSON strictly, as Go's `encoding/json` does, keeping places and keys that are given twice. Scalars carry their
 * JSON text; a decoder makes float64 of numbers.
 *
 * @throws GossfileError with Go's words
 */
export function readJson(text: string, file: string): Node {
  return new JsonReader(text, file).read()
}

/** What a JSON scalar is; numbers are float64. */
export function jsonScalar(node: ScalarNode): null | boolean | number | string {
  if (node.isQuoted) return node.value
  if (node.tag === '!!null') return null
  return node.tag === '!!bool' ? node.value === 'true' : Number(node.value)
}

class JsonReader {
  readonly #text: string
  readonly #file: string
  #at = 0
  #row = 1
  #rowStart = 0
  #counted = 0

  constructor(text: string, file: string) {
    this.#text = text
    this.#file = file
  }

  read(): Node {
    const root = this.#value(0)
    this.#space()
    if (this.#at < this.#text.length) throw this.#unexpected('after top-level value')
    return root
  }

  #value(depth: number): Node {
    if (depth > maxDepth) throw this.#fault('exceeded max depth')
    this.#space()
    const character = this.#text[this.#at]
    if (character === '{') return this.#object(depth)
    if (character === '[') return this.#array(depth)
    if (character === '"') return this.#string()
    if (character === 't') return this.#literal('true', '!!bool')
    if (character === 'f') return this.#literal('false', '!!bool')
    if (character === 'n') return this.#literal('null', '!!null')
    if (character !== undefined && (character === '-' || isDigit(character))) return this.#number()
    throw this.#unexpected('looking for beginning of value')
  }

  #object(depth: number): MapNode {
    const node: MapNode = { kind: 'map', tag: '!!map', pairs: [], ...this.#place() }
    this.#at += 1
    this.#space()
    if (this.#text[this.#at] === '}') {
      this.#at += 1
      return node
    }
    for (;;) {
      this.#space()
      if (this.#text[this.#at] !== '"') throw this.#unexpected('looking for beginning of object key string')
      const key = this.#string()
      this.#space()
      if (this.#text[this.#at] !== ':') throw this.#unexpected('after object key')
      this.#at += 1
      const value = this.#value(depth + 1)
      node.pairs.push([key, value])
      this.#space()
      const next = this.#text[this.#at]
      if (next !== ',' && next !== '}') throw this.#unexpected('after object key:value pair')
      this.#at += 1
      if (next === '}') return node
    }
  }

  #array(depth: number): ListNode {
    const node: ListNode = { kind: 'list', tag: '!!seq', items: [], ...this.#place() }
    this.#at += 1
    this.#space()
    if (this.#text[this.#at] === ']') {
      this.#at += 1
      return node
    }
    for (;;) {
      node.items.push(this.#value(depth + 1))
      this.#space()
      const next = this.#text[this.#at]
      if (next !== ',' && next !== ']') throw this.#unexpected('after array element')
      this.#at += 1
      if (next === ']') return node
    }
  }

  #string(): ScalarNode {
    const place = this.#place()
    this.#at += 1
    let value = ''
    for (;;) {
      const character = this.#text[this.#at]
      if (character === undefined) throw this.#unexpected('in string literal')
      if (character === '"') break
      if (character < ' ') throw this.#unexpected('in string literal')
      if (character === '\\') value += this.#escape()
      else {
        value += character
        this.#at += 1
      }
    }
    this.#at += 1
    return { kind: 'scalar', tag: '!!str', value: value.toWellFormed(), isQuoted: true, isTagged: false, ...place }
  }

  #escape(): string {
    this.#at += 1
    const character = this.#text[this.#at]
    const simple = character === undefined ? undefined : escapes[character]
    if (simple !== undefined) {
      this.#at += 1
      return simple
    }
    if (character !== 'u') throw this.#unexpected('in string escape code')
    this.#at += 1
    const start = this.#at
    for (; this.#at < start + 4; this.#at += 1) {
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) throw this.#unexpected('in \\u hexadecimal character escape')
    }
    return String.fromCharCode(Number.parseInt(this.#text.slice(start, this.#at), 16))
  }

  #literal(word: string, tag: string): ScalarNode {
    const place = this.#place()
    for (const expected of word) {
      if (this.#text[this.#at] !== expected) throw this.#unexpected(`in literal ${word} (expecting '${expected}')`)
      this.#at += 1
    }
    return { kind: 'scalar', tag, value: word, isQuoted: false, isTagged: false, ...place }
  }

  #number(): ScalarNode {
    const place = this.#place()
    const start = this.#at
    if (this.#text[this.#at] === '-') this.#at += 1
    if (this.#text[this.#at] === '0') this.#at += 1
    else this.#digits('in numeric literal')
    if (this.#text[this.#at] === '.') {
      this.#at += 1
      this.#digits('after decimal point in numeric literal')
    }
    if (/^[eE]/.test(this.#text[this.#at] ?? '')) {
      this.#at += 1
      if (/^[+-]/.test(this.#text[this.#at] ?? '')) this.#at += 1
      this.#digits('in exponent of numeric literal')
    }
    const value = this.#text.slice(start, this.#at)
    return { kind: 'scalar', tag: '!!float', value, isQuoted: false, isTagged: false, ...place }
  }

  #digits(where: string): void {
    // Go ends a number with a space of its own, and trips over that one at the end of the text.
    if (this.#at >= this.#text.length) throw this.#fault(`invalid character ' ' ${where}`)
    if (!isDigit(this.#text[this.#at] ?? '')) throw this.#unexpected(where)
    while (isDigit(this.#text[this.#at] ?? '')) this.#at += 1
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at += 1
  }

  #place(): { readonly row: number; readonly column: number } {
    for (; this.#counted < this.#at; this.#counted += 1) {
      if (this.#text[this.#counted] !== '\n') continue
      this.#row += 1
      this.#rowStart = this.#counted + 1
    }
    return { row: this.#row, column: this.#at - this.#rowStart + 1 }
  }

  #unexpected(where: string): GossfileError {
    const code = this.#text.codePointAt(this.#at)
    if (code === undefined) return this.#fault('unexpected end of JSON input')
    // Go looks at bytes: of a character beyond ASCII it names the first.
    const byte = code < 0x80 ? code : (new TextEncoder().encode(String.fromCodePoint(code))[0] ?? code)
    return this.#fault(`invalid character ${characterName(byte)} ${where}`)
  }

  #fault(text: string): GossfileError {
    return new GossfileError(text, { file: this.#file, ...this.#place() })
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9' && character.length === 1
}

function characterName(byte: number): string {
  const character = String.fromCharCode(byte)
  if (character === "'") return `'\\''`
  return character === '"' ? `'"'` : `'${quoted(character).slice(1, -1)}'`
}
