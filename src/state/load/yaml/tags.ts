import { isBlankOrEnd, isBreakOrEnd, isWord, YamlFault, type Cursor, type Mark } from './cursor.ts'

/** A tag as it is written: `!!str` is handle `!!` and suffix `str`; without a handle the suffix is all of it. */
export type Tag = { readonly handle: string; readonly suffix: string }

/** The cursor stands on `!`. */
export function scanTag(cursor: Cursor): Tag {
  const start = cursor.mark
  let tag: Tag
  if (cursor.code(1) === 0x3c) {
    cursor.at += 2
    const suffix = scanUri(cursor, '', start)
    if (cursor.code() !== 0x3e) throw fault("did not find the expected '>'", start, cursor)
    cursor.at += 1
    tag = { handle: '', suffix }
  } else {
    const handle = scanHandle(cursor)
    if (handle.length > 1 && handle.endsWith('!')) tag = { handle, suffix: scanUri(cursor, '', start) }
    else {
      const suffix = scanUri(cursor, handle, start)
      tag = suffix === '' ? { handle: '', suffix: '!' } : { handle: '!', suffix }
    }
  }
  if (!isBlankOrEnd(cursor.code())) throw fault('did not find expected whitespace or line break', start, cursor)
  return tag
}

export type Directive =
  | { readonly kind: 'version'; readonly isKnown: boolean }
  | { readonly kind: 'tag'; readonly handle: string; readonly prefix: string }

/** The cursor stands on `%`. */
export function scanDirective(cursor: Cursor): Directive {
  const start = cursor.mark
  cursor.at += 1
  const from = cursor.at
  while (isWord(cursor.code())) cursor.at += 1
  const name = cursor.text.slice(from, cursor.at)
  if (name === '') throw fault('could not find expected directive name', start, cursor)
  if (!isBlankOrEnd(cursor.code())) throw fault('found unexpected non-alphabetical character', start, cursor)
  const directive = name === 'YAML' ? scanVersion(cursor, start) : name === 'TAG' ? scanTagDirective(cursor, start) : null
  if (directive === null) throw fault('found unknown directive name', start, cursor)
  cursor.skipBlanks()
  if (cursor.code() === 0x23) cursor.skipToBreak()
  if (!isBreakOrEnd(cursor.code())) throw fault('did not find expected comment or line break', start, cursor)
  if (cursor.code() !== -1) cursor.readBreak()
  return directive
}

function scanVersion(cursor: Cursor, start: Mark): Directive {
  cursor.skipBlanks()
  const major = scanDigits(cursor, start)
  if (cursor.code() !== 0x2e) throw fault("did not find expected digit or '.' character", start, cursor)
  cursor.at += 1
  const minor = scanDigits(cursor, start)
  return { kind: 'version', isKnown: Number(major) === 1 && Number(minor) === 1 }
}

function scanDigits(cursor: Cursor, start: Mark): string {
  const digits = /^\d+/.exec(cursor.text.slice(cursor.at, cursor.at + 10))?.[0] ?? ''
  if (digits.length > 2) throw fault('found extremely long version number', start, cursor)
  if (digits === '') throw fault('did not find expected version number', start, cursor)
  cursor.at += digits.length
  return digits
}

function scanTagDirective(cursor: Cursor, start: Mark): Directive {
  cursor.skipBlanks()
  if (cursor.code() !== 0x21) throw fault("did not find expected '!'", start, cursor)
  const handle = scanHandle(cursor)
  if (handle !== '!' && !handle.endsWith('!')) throw fault("did not find expected '!'", start, cursor)
  if (!isBlankOrEnd(cursor.code())) throw fault('did not find expected whitespace', start, cursor)
  cursor.skipBlanks()
  const prefix = scanUri(cursor, '', start)
  if (!isBlankOrEnd(cursor.code())) throw fault('did not find expected whitespace or line break', start, cursor)
  return { kind: 'tag', handle, prefix }
}

function scanHandle(cursor: Cursor): string {
  const from = cursor.at
  cursor.at += 1
  while (isWord(cursor.code())) cursor.at += 1
  if (cursor.code() === 0x21) cursor.at += 1
  return cursor.text.slice(from, cursor.at)
}

const inUri = new Set(Array.from(";/?:@&=+$,.!~*'()[]%").map((character) => character.charCodeAt(0)))

/** `head`: a handle that turned out to be the beginning of a local tag. */
function scanUri(cursor: Cursor, head: string, start: Mark): string {
  const from = cursor.at
  while (isWord(cursor.code()) || inUri.has(cursor.code())) cursor.at += 1
  if (cursor.at === from && head === '') throw fault('did not find expected tag URI', start, cursor)
  const text = head.slice(1) + cursor.text.slice(from, cursor.at)
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    throw fault('did not find URI escaped octet', start, cursor)
  }
}

function fault(text: string, start: Mark, cursor: Cursor): YamlFault {
  return new YamlFault(text, start, cursor.mark, true)
}
