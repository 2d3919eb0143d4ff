import { BuiltinError, Unsupported } from './builtin.ts'

/** Where we are in a YAML text whose lines end in \n. `lineStart`: the index of the first character of this line. */
export type Cursor = { readonly text: string; at: number; lineStart: number }

export function columnOf(cursor: Cursor): number {
  return cursor.at - cursor.lineStart
}

/** The character here, or some further on; empty at the end. */
export function peek({ text, at }: Cursor, ahead = 0): string {
  return text.charAt(at + ahead)
}

export function isBlank(letter: string): boolean {
  return letter === '' || letter === ' ' || letter === '\n'
}

/** What OPA refuses too. */
export function invalid(cursor: Cursor, reason: string): BuiltinError {
  return new BuiltinError(`yaml: line ${cursor.text.slice(0, cursor.at).split('\n').length}: ${reason}`)
}

/** What is YAML, or may be, and is not read here. */
export function unread(cursor: Cursor, what: string): Unsupported {
  return new Unsupported(`YAML with ${what} in line ${cursor.text.slice(0, cursor.at).split('\n').length}`)
}

export function skipSpaces(cursor: Cursor): void {
  while (peek(cursor) === ' ') cursor.at++
  if (peek(cursor) === '\t') throw unread(cursor, 'a tab')
}

/** To the next character that is neither blank nor in a comment, over as many lines as there are. */
export function skipLines(cursor: Cursor): void {
  for (;;) {
    skipSpaces(cursor)
    if (peek(cursor) === '#') skipComment(cursor)
    if (peek(cursor) !== '\n') return
    cursor.at++
    cursor.lineStart = cursor.at
  }
}

function skipComment(cursor: Cursor): void {
  if (cursor.at > cursor.lineStart && peek(cursor, -1) !== ' ') throw unread(cursor, 'a comment right behind a value')
  const end = cursor.text.indexOf('\n', cursor.at)
  cursor.at = end < 0 ? cursor.text.length : end
}

/** `---` or `...` at the start of a line. */
export function isMarker(cursor: Cursor): boolean {
  if (cursor.at !== cursor.lineStart) return false
  const mark = cursor.text.slice(cursor.at, cursor.at + 3)
  return (mark === '---' || mark === '...') && isBlank(peek(cursor, 3))
}

/** A plain scalar, over lines that are indented by more than `indent`. `isKey`: it ends where a value begins. */
export function plainText(cursor: Cursor, indent: number, isFlow: boolean): { readonly text: string; readonly isKey: boolean } {
  let text = ''
  const firstLine = cursor.lineStart
  for (;;) {
    const start = cursor.at
    const end = plainEnd(cursor, isFlow)
    text += cursor.text.slice(start, end)
    cursor.at = end
    const isKey = isKeyEnd(cursor)
    if (isKey && cursor.lineStart !== firstLine) {
      throw isFlow ? unread(cursor, 'a key of several lines') : invalid(cursor, 'mapping values are not allowed in this context')
    }
    if (isKey) return { text, isKey }
    const breaks = continuation(cursor, indent, isFlow)
    if (breaks === 0) return { text, isKey: false }
    text += breaks === 1 ? ' ' : '\n'.repeat(breaks - 1)
  }
}

/** A colon here, or behind spaces, that ends a key. */
function isKeyEnd(cursor: Cursor): boolean {
  const rest = /^ *:(?=[ \n]|$)/.exec(cursor.text.slice(cursor.at, cursor.at + LOOK_AHEAD))
  return rest !== null
}
const LOOK_AHEAD = 1100

function plainEnd({ text, at, ...cursor }: Cursor, isFlow: boolean): number {
  let end = at
  for (let i = at; i < text.length; i++) {
    const [letter, next] = [text.charAt(i), text.charAt(i + 1)]
    if (letter === '\t') throw unread({ text, at: i, ...cursor }, 'a tab')
    if (letter === '\n' || (letter === ':' && isBlank(next)) || (letter === '#' && text.charAt(i - 1) === ' ')) break
    if (isFlow && letter === '?') throw unread({ text, at: i, ...cursor }, 'a question mark between brackets')
    if (isFlow && ',[]{}'.includes(letter)) break
    if (letter !== ' ') end = i + 1
  }
  return end
}

/** Goes to the next line if it goes on there: how many line ends lie between, or 0. */
function continuation(cursor: Cursor, indent: number, isFlow: boolean): number {
  const ahead: Cursor = { ...cursor }
  let breaks = 0
  skipSpaces(ahead)
  while (peek(ahead) === '\n') {
    ahead.at++
    ahead.lineStart = ahead.at
    breaks++
    skipSpaces(ahead)
  }
  const ends = peek(ahead) === '' || peek(ahead) === '#' || isMarker(ahead) || (!isFlow && columnOf(ahead) <= indent)
  if (breaks === 0 || ends || (isFlow && ',[]{}'.includes(peek(ahead)))) return 0
  if (isKeyEnd(ahead)) throw unread(cursor, 'a colon at the start of a line')
  cursor.at = ahead.at
  cursor.lineStart = ahead.lineStart
  return breaks
}

/** A scalar in quotes, over any number of lines. */
export function quotedText(cursor: Cursor): string {
  const quote = peek(cursor)
  let text = ''
  cursor.at++
  for (;;) {
    const letter = peek(cursor)
    if (letter === '') throw invalid(cursor, 'found unexpected end of stream')
    if (letter === '\t' && quote === "'") throw unread(cursor, 'a tab')
    if (letter === quote && !(quote === "'" && peek(cursor, 1) === "'")) break
    if (letter === '\n' && /(?:\t|\\) *$/.test(cursor.text.slice(cursor.lineStart, cursor.at)))
      throw unread(cursor, 'a tab or escape at a line end')
    if (letter === '\n') text = text.replace(/ +$/, '') + folded(cursor)
    else if (letter === '\\' && quote === '"') text += escaped(cursor)
    else {
      text += letter
      cursor.at += letter === quote ? 2 : 1
    }
  }
  cursor.at++
  return text
}

/** At a line end: what it and the empty lines behind it become. */
function folded(cursor: Cursor): string {
  let breaks = 0
  while (peek(cursor) === '\n') {
    cursor.at++
    cursor.lineStart = cursor.at
    breaks++
    if (isMarker(cursor)) throw invalid(cursor, 'found unexpected document indicator')
    skipSpaces(cursor)
  }
  return breaks === 1 ? ' ' : '\n'.repeat(breaks - 1)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0', a: '\x07', b: '\b', t: '\t', n: '\n', v: '\v', f: '\f', r: '\r', e: '\x1b', ' ': ' ', '"': '"', "'": "'", '\\': '\\',
  N: '\u0085', _: '\u00a0', L: '\u2028', P: '\u2029',
} // prettier-ignore
const CODES: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

function escaped(cursor: Cursor): string {
  const letter = peek(cursor, 1)
  const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined
  const size = Object.hasOwn(CODES, letter) ? (CODES[letter] ?? 0) : 0
  if (letter === '\n' || letter === '\t' || letter === '/') throw unread(cursor, 'an escaped line end, tab or slash')
  if (plain === undefined && size === 0) throw invalid(cursor, 'found unknown escape character')
  cursor.at += 2
  if (plain !== undefined) return plain
  const digits = cursor.text.slice(cursor.at, cursor.at + size)
  if (digits.length < size || !/^[0-9a-fA-F]+$/.test(digits)) throw invalid(cursor, 'did not find expected hexdecimal number')
  const code = Number.parseInt(digits, 16)
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) throw invalid(cursor, 'found invalid Unicode character escape code')
  cursor.at += size
  return String.fromCodePoint(code)
}

/** A block scalar below a collection at column `indent` (-1: below none), with `|` or `>` here. */
export function blockText(cursor: Cursor, indent: number): string {
  const head = /^([|>])(?:([-+])([1-9]?)|([1-9])([-+]?))? *(?: #[^\n]*)?(?:\n|$)/.exec(
    cursor.text.slice(cursor.at, cursor.at + LOOK_AHEAD),
  )
  if (!head) throw unread(cursor, 'a block scalar of another form')
  const [whole, style, before = '', digitAfter = '', digitBefore = '', after = ''] = head
  const [chomping, digit] = [before + after, digitAfter + digitBefore]
  cursor.at += whole.length
  cursor.lineStart = cursor.at
  const lines = blockLines(cursor, indent, digit === '' ? 0 : Math.max(indent, 0) + Number(digit))
  const trailing = lines.length - (lines.findLastIndex((line) => line !== '') + 1)
  const content = lines.slice(0, lines.length - trailing)
  const body = style === '|' ? content.join('\n') : foldedLines(content)
  if (content.length === 0) return chomping === '+' ? '\n'.repeat(trailing) : ''
  return body + (chomping === '-' ? '' : '\n') + (chomping === '+' ? '\n'.repeat(trailing) : '')
}

/** The lines without their indentation; leaves the cursor at the first that is not one of them. */
function blockLines(cursor: Cursor, indent: number, given: number): readonly string[] {
  const lines: string[] = []
  let [column, deepestBlank] = [given, 0]
  while (cursor.at < cursor.text.length) {
    const end = cursor.text.indexOf('\n', cursor.at)
    const line = cursor.text.slice(cursor.at, end < 0 ? cursor.text.length : end)
    const spaces = line.length - line.replace(/^ +/, '').length
    const isEmpty = spaces === line.length
    if (column === 0) {
      if (line.charAt(spaces) === '\t') throw unread(cursor, 'a tab')
      if (isEmpty) deepestBlank = Math.max(deepestBlank, spaces)
      else column = Math.max(spaces, indent + 1, 1, deepestBlank)
    }
    if (!isEmpty && spaces < column) break
    if (end < 0 && (!isEmpty || spaces > column)) throw unread(cursor, 'a block scalar without a last line end')
    if (end >= 0) lines.push(isEmpty && (column === 0 || spaces <= column) ? '' : line.slice(column))
    cursor.at = end < 0 ? cursor.text.length : end + 1
    cursor.lineStart = cursor.at
  }
  if (column === 0 && deepestBlank > Math.max(indent, 0)) throw unread(cursor, 'a block scalar of blank lines only')
  return lines
}

/** One line end between two lines that begin with a letter is a space; a line that begins with a blank keeps its line ends. */
function foldedLines(lines: readonly string[]): string {
  let [text, wasBlank, breaks] = ['', false, 0]
  for (const [i, line] of lines.entries()) {
    if (line === '') {
      breaks++
      continue
    }
    const isBlankFirst = line.startsWith(' ') || line.startsWith('\t')
    if (text === '' && i === breaks) text = '\n'.repeat(breaks)
    else if (wasBlank || isBlankFirst) text += '\n'.repeat(breaks + 1)
    else text += breaks === 0 ? ' ' : '\n'.repeat(breaks)
    text += line
    ;[wasBlank, breaks] = [isBlankFirst, 0]
  }
  return text
}
