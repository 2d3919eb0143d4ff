import { MAX_DEPTH, NestedTooDeep } from '../limits.ts'
import { RegoObject } from '../collection.ts'
import { isArray, type Value } from '../value.ts'
import { BuiltinError, Unsupported } from './builtin.ts'
import { keyText, resolved } from './yaml-scalar.ts'
import {
  blockText,
  columnOf,
  type Cursor,
  invalid,
  isBlank,
  isMarker,
  peek,
  plainText,
  quotedText,
  skipLines,
  skipSpaces,
  unread,
} from './yaml-text.ts'

/**
 * The first document of a YAML text as JSON has it; the others are only checked. What OPA refuses is a `BuiltinError`. What it may
 * read, but is rare or not certain (tags, directives, complex keys, tabs, a key with an anchor), is refused as `Unsupported`.
 * @throws BuiltinError, Unsupported, NestedTooDeep
 */
export function readYaml(source: string): Value {
  const text = source.replaceAll('\r\n', '\n')
  if (CONTROLS.test(text)) throw new BuiltinError('yaml: control characters are not allowed')
  if (UNCERTAIN.test(text) || !text.isWellFormed())
    throw new Unsupported('YAML with an unusual line end or an unprintable character')
  const cursor: Cursor = { text, at: 0, lineStart: 0 }
  const first = document(cursor, true)
  while (cursor.at < text.length) document(cursor, false)
  return first
}

// oxlint-disable-next-line no-control-regex -- these are what is looked for
const CONTROLS = /[\0-\x08\v\f\x0e-\x1f]/
const UNCERTAIN = /[\r\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/

type Reader = {
  readonly cursor: Cursor
  readonly anchors: Map<string, { readonly value: Value; readonly size: number }>
  readonly isFirst: boolean
  /** Of nodes so far; those that an alias repeats. */
  nodes: number
  repeated: number
}

/** From a marker, or the start, to the next marker. */
function document(cursor: Cursor, isFirst: boolean): Value {
  const reader: Reader = { cursor, anchors: new Map(), isFirst, nodes: 0, repeated: 0 }
  skipLines(cursor)
  if (peek(cursor) === '%' && columnOf(cursor) === 0) throw unread(cursor, 'a directive')
  if (isMarker(cursor)) startDocument(cursor)
  const isEmpty = peek(cursor) === '' || isMarker(cursor)
  const value = isEmpty ? null : blockNode(reader, -1, 0)
  skipLines(cursor)
  if (peek(cursor) !== '' && !isMarker(cursor)) throw invalid(cursor, 'did not find expected <document start>')
  if (cursor.text.startsWith('...', cursor.at)) throw unread(cursor, 'a document end marker')
  return value
}

function startDocument(cursor: Cursor): void {
  if (peek(cursor) === '.') throw unread(cursor, 'a document end marker')
  cursor.at += 3
  const line = cursor.lineStart
  skipLines(cursor)
  if (cursor.lineStart === line && peek(cursor) !== '') throw unread(cursor, 'a value in the line of a document marker')
}

/** A node whose first character is here. `indent`: the column of the innermost block collection around it. */
function blockNode(reader: Reader, indent: number, depth: number): Value {
  deepen(reader, depth)
  const { cursor } = reader
  const column = columnOf(cursor)
  switch (peek(cursor)) {
    case '&':
      return anchored(reader, indent, depth)
    case '*':
      return aliased(reader)
    case '|':
    case '>':
      return blockText(cursor, indent)
    case '[':
    case '{': {
      const value = flowNode(reader, depth)
      if (isColon(cursor)) throw unread(cursor, 'a collection as a key')
      return endOfLine(reader, value)
    }
    case '-':
      if (isBlank(peek(cursor, 1))) return sequence(reader, column, column, depth)
  }
  if (isKeyAhead(reader)) return mapping(reader, column, depth)
  return endOfLine(reader, scalar(reader, indent, false))
}

function deepen(reader: Reader, depth: number): void {
  if (depth > MAX_DEPTH) throw new NestedTooDeep()
  reader.nodes++
}

/** Behind a value nothing else stands in its line. */
function endOfLine({ cursor }: Reader, value: Value): Value {
  skipSpaces(cursor)
  const next = peek(cursor)
  if (next === '#' && peek(cursor, -1) !== ' ') throw unread(cursor, 'a comment right behind a value')
  if (next !== '' && next !== '\n' && next !== '#') {
    throw next === ':' ? unread(cursor, 'a colon behind a value') : invalid(cursor, 'text behind a value')
  }
  return value
}

/** A colon that is not part of a scalar, behind any spaces. */
function isColon(cursor: Cursor): boolean {
  const ahead = { ...cursor }
  while (peek(ahead) === ' ') ahead.at++
  return peek(ahead) === ':' && isBlank(peek(ahead, 1))
}

/** Whether what begins here is the key of a mapping: a scalar in one line and a colon. */
function isKeyAhead(reader: Reader): boolean {
  const ahead: Reader = { ...reader, cursor: { ...reader.cursor } }
  const start = ahead.cursor.lineStart
  const letter = peek(ahead.cursor)
  if (letter !== '"' && letter !== "'") {
    checkStart(ahead.cursor, false)
    return plainText(ahead.cursor, Number.MAX_SAFE_INTEGER, false).isKey
  }
  quotedText(ahead.cursor)
  if (!isColon(ahead.cursor)) return false
  if (ahead.cursor.lineStart !== start) throw unread(reader.cursor, 'a key of several lines')
  return true
}

function scalar(reader: Reader, indent: number, isFlow: boolean): Value {
  const { cursor } = reader
  if (peek(cursor) === '"' || peek(cursor) === "'") return quotedText(cursor)
  checkStart(cursor, isFlow)
  const { text, isKey } = plainText(cursor, indent, isFlow)
  if (isKey && !isFlow) throw invalid(cursor, 'mapping values are not allowed in this context')
  return resolved(text)
}

/** What a plain scalar may not begin with. */
function checkStart(cursor: Cursor, isFlow: boolean): void {
  const [letter, next] = [peek(cursor), peek(cursor, 1)]
  if (letter === '@' || letter === '`') throw invalid(cursor, 'found character that cannot start any token')
  if (letter === '!' || letter === '%' || letter === '#') throw unread(cursor, `a value that begins with ${letter}`)
  if (isFlow ? '?:|>'.includes(letter) : '?:'.includes(letter) && isBlank(next)) throw unread(cursor, 'a complex key')
  if (!isFlow && ',]}'.includes(letter)) throw invalid(cursor, 'did not find expected node content')
  if (letter === '-' && (isBlank(next) || (isFlow && ',[]{}'.includes(next)))) {
    throw unread(cursor, 'a dash where no entry can be')
  }
}

/** Entries at `column`; below a key of the same column too, where `indent` is the mapping's. */
function sequence(reader: Reader, column: number, indent: number, depth: number): Value {
  const { cursor } = reader
  const items: Value[] = []
  while (columnOf(cursor) === column && peek(cursor) === '-' && isBlank(peek(cursor, 1)) && !isMarker(cursor)) {
    cursor.at++
    items.push(entryValue(reader, indent, depth + 1))
    skipLines(cursor)
  }
  if (column > indent || peek(cursor) === '' || isMarker(cursor)) checkDedent(cursor, column)
  return items
}

/** The value behind a dash, in its line or below. */
function entryValue(reader: Reader, indent: number, depth: number): Value {
  const { cursor } = reader
  skipLines(cursor)
  if (peek(cursor) === '' || isMarker(cursor)) return null
  if (columnOf(cursor) > indent) return blockNode(reader, indent, depth)
  return nothing(cursor)
}

/** No value, unless a block scalar follows, which OPA takes without indentation. */
function nothing(cursor: Cursor): null {
  if ('|>'.includes(peek(cursor))) throw unread(cursor, 'a block scalar that is not indented')
  return null
}

function checkDedent(cursor: Cursor, column: number): void {
  if (peek(cursor) !== '' && !isMarker(cursor) && columnOf(cursor) > column) throw invalid(cursor, 'did not find expected key')
}

type Members = { readonly own: Map<string, Value>; readonly merged: Value[] }

function mapping(reader: Reader, column: number, depth: number): Value {
  const { cursor } = reader
  const members: Members = { own: new Map(), merged: [] }
  while (peek(cursor) !== '' && columnOf(cursor) === column && !isMarker(cursor)) {
    if (peek(cursor) === '-' && isBlank(peek(cursor, 1))) throw invalid(cursor, 'did not find expected key')
    if ('[{&*|>'.includes(peek(cursor))) throw unread(cursor, 'a key that is no plain text')
    if (!isKeyAhead(reader)) throw invalid(cursor, "could not find expected ':'")
    const start = cursor.at
    const isPlain = peek(cursor) !== '"' && peek(cursor) !== "'"
    const key = isPlain ? plainText(cursor, column, false).text : quotedText(cursor)
    if (cursor.at - start > MAX_KEY) throw unread(cursor, 'a key of more than a thousand characters')
    skipSpaces(cursor)
    cursor.at++
    keep(reader, members, key, isPlain, memberValue(reader, column, depth + 1))
    skipLines(cursor)
  }
  checkDedent(cursor, column)
  return joined(reader, members)
}
const MAX_KEY = 1000

/** The value behind a key, in its line, or below it and further in; entries may stand in the column of the key. */
function memberValue(reader: Reader, column: number, depth: number): Value {
  const { cursor } = reader
  const line = cursor.lineStart
  skipLines(cursor)
  if (peek(cursor) === '' || isMarker(cursor)) return null
  const at = columnOf(cursor)
  if (cursor.lineStart === line) return inlineValue(reader, column, depth)
  if (at > column) return blockNode(reader, column, depth)
  const isEntry = at === column && peek(cursor) === '-' && isBlank(peek(cursor, 1))
  if (!isEntry) return nothing(cursor)
  deepen(reader, depth)
  return sequence(reader, column, column, depth)
}

/** In the line of its key a value is no block collection. */
function inlineValue(reader: Reader, column: number, depth: number): Value {
  const { cursor } = reader
  if (peek(cursor) === '-' && isBlank(peek(cursor, 1))) {
    throw invalid(cursor, 'block sequence entries are not allowed in this context')
  }
  if (!'&*|>[{'.includes(peek(cursor)) && isKeyAhead(reader)) {
    throw invalid(cursor, 'mapping values are not allowed in this context')
  }
  return blockNode(reader, column, depth)
}

function keep(reader: Reader, { own, merged }: Members, key: string, isPlain: boolean, value: Value): void {
  if (isPlain && key === '<<') {
    merged.push(...(isArray(value) ? value : [value]))
    return
  }
  if (!isPlain && key === '<<') throw unread(reader.cursor, 'a quoted merge key')
  // OPA's library takes such a key for a point in time, and two of them for a mistake.
  if (isPlain && /^\d{4}-/.test(key) && own.has(key)) throw unread(reader.cursor, 'a date twice as a key')
  own.set(isPlain ? keyText(key) : key, value)
}

/** What is merged gives way to what the mapping says itself, and a later one to an earlier one. */
function joined(reader: Reader, { own, merged }: Members): Value {
  if (merged.length > 0 && !reader.isFirst) throw unread(reader.cursor, 'a merge key in a later document')
  const all = new Map<Value, Value>()
  for (const object of merged) {
    if (!(object instanceof RegoObject)) {
      throw unread(reader.cursor, 'a merge key whose value is no mapping')
    }
    for (const [key, value] of object.entries()) if (!all.has(key)) all.set(key, value)
  }
  for (const [key, value] of own) all.set(key, value)
  return RegoObject.of(all)
}

/** An anchor stands before its value: a scalar or flow collection in its line, or anything in the next. */
function anchored(reader: Reader, indent: number, depth: number): Value {
  const { cursor } = reader
  const line = cursor.lineStart
  const name = nameAt(cursor)
  skipLines(cursor)
  const isBelow = cursor.lineStart !== line
  if (peek(cursor) === '' || isMarker(cursor) || columnOf(cursor) <= indent || '&*'.includes(peek(cursor))) {
    throw unread(cursor, 'an anchor before no value')
  }
  if (!isBelow && !'[{|>'.includes(peek(cursor)) && isKeyAhead(reader)) throw unread(cursor, 'a key with an anchor')
  if (!isBelow && peek(cursor) === '-' && isBlank(peek(cursor, 1))) throw unread(cursor, 'an anchor before an entry')
  reader.anchors.delete(name)
  const before = reader.nodes
  const value = blockNode(reader, indent, depth)
  if (reader.anchors.has(name)) throw unread(cursor, 'an anchor within one of the same name')
  reader.anchors.set(name, { value, size: reader.nodes - before })
  return value
}

function aliased(reader: Reader): Value {
  const { cursor } = reader
  const name = nameAt(cursor)
  if (isColon(cursor)) throw unread(cursor, 'an alias as a key')
  const found = reader.anchors.get(name)
  if (!found) {
    const isDefinedSomewhere = cursor.text.slice(0, cursor.at).includes(`&${name}`)
    throw isDefinedSomewhere
      ? unread(cursor, 'an alias of what it is in')
      : invalid(cursor, `unknown anchor '${name}' referenced`)
  }
  reader.nodes += found.size
  reader.repeated += found.size
  // Where OPA's library takes repetition for an attack depends on how often it decodes what.
  if (reader.repeated > MAX_REPEATED) throw unread(cursor, 'aliases that repeat very much')
  return endOfLine(reader, found.value)
}
const MAX_REPEATED = 5000

function nameAt(cursor: Cursor): string {
  const [whole, name = ''] = /^[&*]([\w-]+)(?=[ \n]|$)/.exec(cursor.text.slice(cursor.at, cursor.at + MAX_KEY)) ?? ['']
  if (name === '') throw unread(cursor, 'an anchor of an unusual name')
  cursor.at += whole.length
  return name
}

/** Between brackets; the opening one is here. */
function flowNode(reader: Reader, depth: number): Value {
  deepen(reader, depth)
  const { cursor } = reader
  const isList = peek(cursor) === '['
  const close = isList ? ']' : '}'
  const items: Value[] = []
  const members: Members = { own: new Map(), merged: [] }
  cursor.at++
  for (;;) {
    skipFlowLines(cursor)
    if (peek(cursor) === close) break
    if (isList) items.push(flowValue(reader, depth + 1))
    else flowMember(reader, members, depth + 1)
    skipFlowLines(cursor)
    if (peek(cursor) === ',') cursor.at++
    else if (peek(cursor) !== close) throw flowProblem(cursor, close)
  }
  cursor.at++
  return isList ? items : joined(reader, members)
}

function skipFlowLines(cursor: Cursor): void {
  skipLines(cursor)
  if (peek(cursor) === '') throw invalid(cursor, "did not find expected ',' or a closing bracket")
  if (isMarker(cursor)) throw unread(cursor, 'a marker between brackets')
}

function flowProblem(cursor: Cursor, close: string): Error {
  return peek(cursor) === ':' ? unread(cursor, 'a pair in a list') : invalid(cursor, `did not find expected ',' or '${close}'`)
}

function flowValue(reader: Reader, depth: number): Value {
  const { cursor } = reader
  const letter = peek(cursor)
  if (letter === '[' || letter === '{') return flowNode(reader, depth)
  if (letter === ',' || letter === ']' || letter === '}') throw unread(cursor, 'nothing between commas')
  if (letter === '&' || letter === '*') throw unread(cursor, 'an anchor between brackets')
  deepen(reader, depth)
  const value = scalar(reader, -1, true)
  if (cursor.text.charAt(cursor.at) === '#') throw unread(cursor, 'a comment right behind a value')
  return value
}

function flowMember(reader: Reader, members: Members, depth: number): void {
  const { cursor } = reader
  const [letter, line, start] = [peek(cursor), cursor.lineStart, cursor.at]
  if ('[{,]&*'.includes(letter)) throw unread(cursor, 'a key that is no text')
  const isPlain = letter !== '"' && letter !== "'"
  if (isPlain) checkStart(cursor, true)
  const key = isPlain ? plainText(cursor, -1, true).text : quotedText(cursor)
  if (cursor.at - start > MAX_KEY) throw unread(cursor, 'a key of more than a thousand characters')
  if (cursor.lineStart !== line) throw unread(cursor, 'a key of several lines')
  skipFlowLines(cursor)
  const hasValue = peek(cursor) === ':'
  if (hasValue && cursor.lineStart !== line) throw unread(cursor, 'a colon at the start of a line')
  if (hasValue) cursor.at++
  if (hasValue) skipFlowLines(cursor)
  const isEmpty = !hasValue || peek(cursor) === ',' || peek(cursor) === '}'
  keep(reader, members, key, isPlain, isEmpty ? null : flowValue(reader, depth))
}
