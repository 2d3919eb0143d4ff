import { isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, YamlFault, type Cursor, type Mark } from './cursor.ts'

/** Text in quotes, folded over its lines. The cursor stands on the opening one. */
export function scanQuoted(cursor: Cursor, quote: '"' | "'"): string {
  const start = cursor.mark
  const isSingle = quote === "'"
  const quoteCode = quote.charCodeAt(0)
  cursor.at += 1
  let out = ''
  for (;;) {
    if (cursor.isDocumentMark()) throw fault('found unexpected document indicator', start, cursor)
    if (cursor.code() === -1) throw fault('found unexpected end of stream', start, cursor)
    let isAfterBreak = false
    for (let code = cursor.code(); !isBlankOrEnd(code); code = cursor.code()) {
      if (code === quoteCode) {
        if (!isSingle || cursor.code(1) !== quoteCode) break
        out += "'"
        cursor.at += 2
      } else if (!isSingle && code === 0x5c) {
        cursor.at += 1
        if (isBreak(cursor.code())) {
          cursor.readBreak()
          isAfterBreak = true
          break
        }
        out += scanEscape(cursor, start)
      } else {
        const from = cursor.at
        cursor.at += 1
        cursor.skipRun(harmless)
        while (isPlainInQuotes(cursor.code(), quoteCode)) cursor.at += 1
        out += cursor.text.slice(from, cursor.at)
      }
    }
    if (cursor.code() === quoteCode) break
    out += scanGap(cursor, isAfterBreak).text
  }
  cursor.at += 1
  return out
}

/** Most of all text: what ends no scalar of any kind, passed over in one go. */
const harmless = /[\w./+-]+/y

function isPlainInQuotes(code: number, quoteCode: number): boolean {
  return code !== quoteCode && code !== 0x5c && !isBlankOrEnd(code)
}

/** Blanks and line breaks between words: a single break is a space, more are one fewer. */
function scanGap(cursor: Cursor, startsAfterBreak: boolean): { readonly text: string; readonly hasBreak: boolean } {
  let isAfterBreak = startsAfterBreak
  let blanks = ''
  let first = ''
  let more = ''
  for (let code = cursor.code(); isBlank(code) || isBreak(code); code = cursor.code()) {
    if (isBreak(code)) {
      if (isAfterBreak) more += cursor.readBreak()
      else {
        blanks = ''
        first = cursor.readBreak()
        isAfterBreak = true
      }
    } else {
      if (!isAfterBreak) blanks += cursor.text[cursor.at]
      cursor.at += 1
    }
  }
  return { text: isAfterBreak ? folded(first, more) : blanks, hasBreak: isAfterBreak }
}

function folded(first: string, more: string): string {
  return first === '\n' ? more || ' ' : first + more
}

const escapes = new Map<number, string>(
  Object.entries({
    0: '\0',
    a: '\u0007',
    b: '\b',
    t: '\t',
    '\t': '\t',
    n: '\n',
    v: '\v',
    f: '\f',
    r: '\r',
    e: '\u001b',
    ' ': ' ',
    '"': '"',
    "'": "'",
    '\\': '\\',
    N: '\u0085',
    _: '\u00a0',
    L: '\u2028',
    P: '\u2029',
  }).map(([name, text]) => [name.charCodeAt(0), text]),
)
const hexLengths = new Map([
  [0x78, 2],
  [0x75, 4],
  [0x55, 8],
])

function scanEscape(cursor: Cursor, start: Mark): string {
  const simple = escapes.get(cursor.code())
  if (simple !== undefined) {
    cursor.at += 1
    return simple
  }
  const length = hexLengths.get(cursor.code())
  cursor.at -= 1
  if (length === undefined) throw fault('found unknown escape character', start, cursor)
  cursor.at += 2
  const digits = cursor.text.slice(cursor.at, cursor.at + length)
  if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits))
    throw fault('did not find expected hexdecimal number', start, cursor)
  const value = Number.parseInt(digits, 16)
  if ((value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff) {
    throw fault('found invalid Unicode character escape code', start, cursor)
  }
  cursor.at += length
  return String.fromCodePoint(value)
}

/** Text without quotes. `hasBreak`: it ended behind a line break, where a key may follow. */
export function scanPlain(
  cursor: Cursor,
  indent: number,
  isFlow: boolean,
): { readonly text: string; readonly hasBreak: boolean } {
  const start = cursor.mark
  let out = ''
  let gap = ''
  let hasBreak = false
  for (;;) {
    if (cursor.isDocumentMark() || cursor.code() === 0x23) break
    const from = cursor.at
    for (cursor.skipRun(harmless); isPlainCode(cursor, isFlow); cursor.skipRun(harmless)) cursor.at += 1
    if (cursor.at > from) {
      out += gap + cursor.text.slice(from, cursor.at)
      gap = ''
      hasBreak = false
    }
    const code = cursor.code()
    if (!isBlank(code) && !isBreak(code)) break
    const next = scanPlainGap(cursor, indent, start)
    gap = next.text
    hasBreak = next.hasBreak
    if (!isFlow && cursor.column < indent) break
  }
  return { text: out, hasBreak }
}

function isPlainCode(cursor: Cursor, isFlow: boolean): boolean {
  const code = cursor.code()
  if (isBlankOrEnd(code)) return false
  if (code === 0x3a && isBlankOrEnd(cursor.code(1))) return false
  return !isFlow || !(code === 0x2c || code === 0x3f || code === 0x5b || code === 0x5d || code === 0x7b || code === 0x7d)
}

function scanPlainGap(cursor: Cursor, indent: number, start: Mark): { readonly text: string; readonly hasBreak: boolean } {
  let isAfterBreak = false
  let blanks = ''
  let first = ''
  let more = ''
  for (let code = cursor.code(); isBlank(code) || isBreak(code); code = cursor.code()) {
    if (isBreak(code)) {
      if (isAfterBreak) more += cursor.readBreak()
      else {
        first = cursor.readBreak()
        isAfterBreak = true
      }
      continue
    }
    if (isAfterBreak && cursor.column < indent && code === 0x09) {
      throw fault('found a tab character that violates indentation', start, cursor)
    }
    if (!isAfterBreak) blanks += cursor.text[cursor.at]
    cursor.at += 1
  }
  return { text: isAfterBreak ? folded(first, more) : blanks, hasBreak: isAfterBreak }
}

/** A block of text behind `|` or `>`. */
export function scanBlock(cursor: Cursor, parentIndent: number): string {
  const start = cursor.mark
  const isLiteral = cursor.code() === 0x7c
  cursor.at += 1
  const { chomping, increment } = scanHeader(cursor, start)
  const given = increment === 0 ? 0 : Math.max(parentIndent, 0) + increment
  let { indent, breaks } = scanBlockBreaks(cursor, given, parentIndent, start)
  let out = ''
  let lineBreak = ''
  let startedBlank = false
  while (cursor.column === indent && cursor.code() !== -1) {
    const startsBlank = isBlank(cursor.code())
    if (!isLiteral && !startedBlank && !startsBlank && lineBreak === '\n') out += breaks === '' ? ' ' : ''
    else out += lineBreak
    out += breaks
    startedBlank = startsBlank
    const from = cursor.at
    cursor.skipToBreak()
    out += cursor.text.slice(from, cursor.at)
    lineBreak = cursor.code() === -1 ? '' : cursor.readBreak()
    breaks = scanBlockBreaks(cursor, indent, parentIndent, start).breaks
  }
  if (chomping !== -1) out += lineBreak
  return chomping === 1 ? out + breaks : out
}

function scanHeader(cursor: Cursor, start: Mark): { readonly chomping: -1 | 0 | 1; readonly increment: number } {
  let chomping: -1 | 0 | 1 = 0
  let increment = 0
  const chomp = () => {
    const code = cursor.code()
    if (code !== 0x2b && code !== 0x2d) return
    chomping = code === 0x2b ? 1 : -1
    cursor.at += 1
  }
  chomp()
  const code = cursor.code()
  if (code >= 0x30 && code <= 0x39) {
    if (code === 0x30) throw fault('found an indentation indicator equal to 0', start, cursor)
    increment = code - 0x30
    cursor.at += 1
    if (chomping === 0) chomp()
  }
  cursor.skipBlanks()
  if (cursor.code() === 0x23) cursor.skipToBreak()
  if (!isBreakOrEnd(cursor.code())) throw fault('did not find expected comment or line break', start, cursor)
  if (cursor.code() !== -1) cursor.readBreak()
  return { chomping, increment }
}

function scanBlockBreaks(
  cursor: Cursor,
  given: number,
  parentIndent: number,
  start: Mark,
): { readonly indent: number; readonly breaks: string } {
  const limit = given === 0 ? Infinity : given
  let breaks = ''
  let deepest = 0
  for (;;) {
    while (cursor.column < limit && cursor.code() === 0x20) cursor.at += 1
    deepest = Math.max(deepest, cursor.column)
    if (cursor.column < limit && cursor.code() === 0x09) {
      throw fault('found a tab character where an indentation space is expected', start, cursor)
    }
    if (!isBreak(cursor.code())) break
    breaks += cursor.readBreak()
  }
  return { indent: given === 0 ? Math.max(deepest, parentIndent + 1, 1) : given, breaks }
}

function fault(text: string, start: Mark, cursor: Cursor): YamlFault {
  return new YamlFault(text, start, cursor.mark, true)
}
