import { jcs, quoted, type JsonValue } from './jcs.ts'

/**
 * The value of a text that is its own canonical form (RFC 8785) and that `parseJson` would read; null for every other text, also for one
 * that is fine and merely unusual: whoever gets null asks `parseJson` and `jcs`, which say what is wrong. Much faster than these. Writing
 * the value again and comparing is the whole check: a duplicate key, another order, an escape too many or a value that the native
 * parser put under another key all give another text.
 */
export function parseCanonical(text: string): JsonValue | null {
  try {
    const value = JSON.parse(text) as JsonValue
    return jcs(value) === text && isExact(value) ? value : null
  } catch {
    return null
  }
}

/** Whole numbers that a double holds only nearly may be written as they were read, and are refused all the same. */
function isExact(value: JsonValue): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) || !Number.isInteger(value)
  if (typeof value !== 'object' || value === null) return true
  return Array.isArray(value) ? value.every(isExact) : Object.values(value).every(isExact)
}

/** Thrown where a text is not of the form that is asked for; one object for all, because a stack would cost more than the reading. */
export const OTHER_FORM = new Error('not in the form that was asked for')

/**
 * Reads canonical JSON of a known form in one pass, with nothing in between: whoever drives it asks for the very characters that the form
 * has at each place, so that what is read is canonical because nothing else can be read. Every method throws `OTHER_FORM` when the text
 * goes on in another way, and the caller asks a slower reader.
 */
export class CanonicalReader {
  text = ''
  at = 0
  readonly #names = new Map<string, string>()

  /** Goes on with another text, from its start. */
  turnTo(text: string): void {
    this.text = text
    this.at = 0
  }

  /** These very characters come next. */
  expect(characters: string): void {
    if (!this.text.startsWith(characters, this.at)) throw OTHER_FORM
    this.at += characters.length
  }

  /** Takes the characters when they come next. */
  takes(characters: string): boolean {
    if (!this.text.startsWith(characters, this.at)) return false
    this.at += characters.length
    return true
  }

  /** Takes what the sticky form matches from here on, unless that has more UTF-16 units. */
  skips(form: RegExp, most: number): boolean {
    form.lastIndex = this.at
    if (!form.test(this.text) || form.lastIndex - this.at > most) return false
    this.at = form.lastIndex
    return true
  }

  /** A string of at most so many UTF-16 units. */
  string(most: number): string {
    const { text, at } = this
    if (text.charCodeAt(at) !== QUOTE) throw OTHER_FORM
    const end = text.indexOf('"', at + 1)
    if (end < 0) throw OTHER_FORM
    const value = text.slice(at + 1, end)
    if (!PLAIN.test(value)) return this.#escaped(most)
    if (value.length > most) throw OTHER_FORM
    this.at = end + 1
    return value
  }

  /** A string of just so many UTF-16 units, about which the caller must see for itself that it is plain. */
  units(count: number): string {
    const { text, at } = this
    const end = at + count + 1
    if (text.charCodeAt(at) !== QUOTE || text.charCodeAt(end) !== QUOTE) throw OTHER_FORM
    this.at = end + 1
    return text.slice(at + 1, end)
  }

  stringOrNull(most: number): string | null {
    return this.takes('null') ? null : this.string(most)
  }

  /** A string that probably came before: those are kept once, whoever holds them. At most `MAX_NAME` UTF-16 units. */
  name(): string {
    const { text, at } = this
    const end = text.indexOf('"', at + 1)
    const isString = text.charCodeAt(at) === QUOTE && end > at
    const known = isString ? this.#names.get(text.slice(at + 1, end)) : undefined
    if (known === undefined) return this.#newName()
    this.at = end + 1
    return known
  }

  nameOrNull(): string | null {
    return this.takes('null') ? null : this.name()
  }

  /** One of the words, each given by how it is written in JSON. */
  oneOf<T>(words: ReadonlyMap<string, T>): T {
    const { text, at } = this
    const end = text.charCodeAt(at) === QUOTE ? text.indexOf('"', at + 1) + 1 : at + 4
    const word = words.get(text.slice(at, end))
    if (word === undefined) throw OTHER_FORM
    this.at = end
    return word
  }

  boolean(): boolean {
    if (this.takes('true')) return true
    this.expect('false')
    return false
  }

  /** A number that is no whole one, or a whole one that a double holds exactly. */
  number(): number {
    const { text, at } = this
    let end = at
    let value = 0
    for (let code = text.charCodeAt(end) - ZERO; code >= 0 && code <= 9; code = text.charCodeAt(++end) - ZERO)
      value = 10 * value + code
    const next = text.charCodeAt(end)
    const isPlain = end > at && end - at < 16 && (text.charCodeAt(at) !== ZERO || end === at + 1)
    if (!isPlain || next === POINT || next === EXPONENT) return this.#otherNumber()
    this.at = end
    return value
  }

  /** A whole number that is not below `least`. */
  integer(least: number): number {
    const value = this.number()
    if (!Number.isSafeInteger(value) || value < least) throw OTHER_FORM
    return value
  }

  /** A list of what `item` reads. */
  list<T>(item: (reader: this) => T): T[] {
    this.expect('[')
    if (this.takes(']')) return []
    // Mostly there is one: a list that is filled one by one takes room for more.
    const items = [item(this)]
    while (this.takes(',')) items.push(item(this))
    this.expect(']')
    return items
  }

  #newName(): string {
    const { at } = this
    const name = this.string(MAX_NAME)
    // An escaped one is written differently from what it says, and stays out.
    if (this.#names.size < MAX_NAMES && this.at - at === name.length + 2) this.#names.set(name, name)
    return name
  }

  /** A list of names; one that is written like the one before in the same place is that one. */
  names(last: LastNames): readonly string[] {
    const { text, at } = this
    if (last.written !== '' && text.startsWith(last.written, at)) {
      this.at += last.written.length
      return last.names
    }
    const names = this.list(nameOf)
    last.names = names
    last.written = text.slice(at, this.at)
    return names
  }

  /** Beyond plain ASCII, or with an escape: read natively, and refused unless it would be written just so. */
  #escaped(most: number): string {
    const { text, at } = this
    let end = at + 1
    for (; text.charCodeAt(end) !== QUOTE; end++) {
      if (end >= text.length) throw OTHER_FORM
      if (text.charCodeAt(end) === BACKSLASH) end++
    }
    const literal = text.slice(at, end + 1)
    const value = unescaped(literal)
    if (value.length > most || !value.isWellFormed() || quoted(value) !== literal) throw OTHER_FORM
    this.at = end + 1
    return value
  }

  #otherNumber(): number {
    NUMERAL.lastIndex = this.at
    const numeral = NUMERAL.exec(this.text)?.[0] ?? ''
    const value = Number(numeral)
    // Written in another way it is not canonical; a whole number beyond 2^53 is not what it seems.
    if (numeral === '' || String(value) !== numeral || (Number.isInteger(value) && !Number.isSafeInteger(value))) throw OTHER_FORM
    this.at += numeral.length
    return value
  }
}

/** What a field of ours holds at most, in UTF-16 units. */
export const MAX_NAME = 8192
/** They come from outside: some megabytes at most with names of usual length. */
const MAX_NAMES = 10_000

/** What a list in one place of the form said last, and how it was written. */
export type LastNames = { written: string; names: readonly string[] }

function nameOf(reader: CanonicalReader): string {
  return reader.name()
}

const [QUOTE, BACKSLASH, ZERO, POINT, EXPONENT] = [0x22, 0x5c, 0x30, 0x2e, 0x65]
/** Written as they are: no quote, no backslash, nothing beyond ASCII. */
const PLAIN = /^[ !#-[\]-~]*$/
const NUMERAL = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:e[+-][0-9]+)?/y

function unescaped(literal: string): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    throw OTHER_FORM
  }
}
