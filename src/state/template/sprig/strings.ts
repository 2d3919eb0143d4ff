import { typedAs, type GoValue } from '../../model/value.ts'
import { CallError } from '../fault.ts'
import { fixed, variadic, type TemplateFunction } from '../functions.ts'
import { limits } from '../limits.ts'
import { printV } from '../print.ts'
import { quoted } from '../quote.ts'
import { asCount, asText, toText } from './cast.ts'
import { camelCase, connectedCase } from './words.ts'

export const stringFunctions: readonly (readonly [string, TemplateFunction])[] = [
  ['hello', fixed('', () => 'Hello!')],
  ['upper', fixed('string', ([text]) => asText(text).toUpperCase())],
  ['lower', fixed('string', ([text]) => asText(text).toLowerCase())],
  ['title', fixed('string', ([text]) => title(asText(text)))],
  ['untitle', fixed('string', ([text]) => asText(text).replaceAll(/(^|\s)(\S)/gu, (_, gap, first) => gap + first.toLowerCase()))],
  ['swapcase', fixed('string', ([text]) => swapCase(asText(text)))],
  ['snakecase', fixed('string', ([text]) => connectedCase(asText(text), '_'))],
  ['kebabcase', fixed('string', ([text]) => connectedCase(asText(text), '-'))],
  ['camelcase', fixed('string', ([text]) => camelCase(asText(text)))],
  ['trim', fixed('string', ([text]) => trimSpace(asText(text)))],
  ['trimAll', fixed('string string', ([set, text]) => trimSet(asText(text), asText(set)))],
  ['trimall', fixed('string string', ([set, text]) => trimSet(asText(text), asText(set)))],
  ['trimPrefix', fixed('string string', ([prefix, text]) => withoutPrefix(asText(text), asText(prefix)))],
  ['trimSuffix', fixed('string string', ([suffix, text]) => withoutSuffix(asText(text), asText(suffix)))],
  ['nospace', fixed('string', ([text]) => asText(text).replaceAll(/\s/g, ''))],
  ['initials', fixed('string', ([text]) => [...asText(text).matchAll(/(?:^|\s)(\S)/gu)].map((match) => match[1]).join(''))],
  ['contains', fixed('string string', ([part, text]) => asText(text).includes(asText(part)))],
  ['hasPrefix', fixed('string string', ([prefix, text]) => asText(text).startsWith(asText(prefix)))],
  ['hasSuffix', fixed('string string', ([suffix, text]) => asText(text).endsWith(asText(suffix)))],
  ['replace', fixed('string string string', ([from, to, text]) => replaced(asText(text), asText(from), asText(to)))],
  ['repeat', fixed('int string', ([count, text]) => repeated(asText(text), asCount(count)))],
  [
    'quote',
    variadic('', 'any', (values) =>
      given(values)
        .map((value) => quoted(toText(value)))
        .join(' '),
    ),
  ],
  [
    'squote',
    variadic('', 'any', (values) =>
      given(values)
        .map((value) => `'${printV(value)}'`)
        .join(' '),
    ),
  ],
  ['cat', variadic('', 'any', (values) => given(values).map(printV).join(' '))],
  ['indent', fixed('int string', ([spaces, text]) => indented(asCount(spaces), asText(text)))],
  ['nindent', fixed('int string', ([spaces, text]) => `\n${indented(asCount(spaces), asText(text))}`)],
  ['plural', fixed('string string int', ([one = '', many = '', count]) => (count === 1n ? one : many))],
  ['toString', fixed('any', ([value = null]) => toText(value))],
  ['trunc', fixed('int string', ([count, text]) => truncated(asText(text), asCount(count)))],
  ['substr', fixed('int int string', ([start, end, text]) => substring(asText(text), asCount(start), asCount(end)))],
  ['abbrev', fixed('int string', ([width, text]) => abbreviated(asText(text), 0, asCount(width)))],
  ['abbrevboth', fixed('int int string', ([left, right, text]) => abbreviatedBoth(asText(text), asCount(left), asCount(right)))],
  ['wrap', fixed('int string', ([width, text]) => wrapped(asText(text), asCount(width), '\n', false))],
  ['wrapWith', fixed('int string string', ([width, line, text]) => wrapped(asText(text), asCount(width), asText(line), true))],
  ['split', fixed('string string', ([separator, text]) => numbered(splitText(asText(text), asText(separator), -1)))],
  [
    'splitn',
    fixed('string int string', ([separator, count, text]) =>
      numbered(splitText(asText(text), asText(separator), asCount(count))),
    ),
  ],
  [
    'splitList',
    fixed('string string', ([separator, text]) => typedAs(splitText(asText(text), asText(separator), -1), '[]string')),
  ],
  ['fail', fixed('string', ([message]) => fail(asText(message)))],
]

function fail(message: string): never {
  throw new CallError(message)
}

function given(values: readonly GoValue[]): readonly GoValue[] {
  return values.filter((value) => value !== null)
}

function title(text: string): string {
  return text.replaceAll(/(^|[^\p{L}\p{N}_'\p{M}])(\p{L})|(^|')(\p{L})/gu, (match) => match.toUpperCase())
}

function swapCase(text: string): string {
  return Array.from(text)
    .map((character) => (/\p{Lu}|\p{Lt}/u.test(character) ? character.toLowerCase() : character.toUpperCase()))
    .join('')
}

/** Go's white space has one character more than that of JavaScript, and one less. */
function trimSpace(text: string): string {
  const isSpace = (character: string) => character !== '\ufeff' && /^[\s\u0085]$/.test(character)
  let start = 0
  let end = text.length
  while (start < end && isSpace(text[start] ?? '')) start += 1
  while (end > start && isSpace(text[end - 1] ?? '')) end -= 1
  return text.slice(start, end)
}

function trimSet(text: string, set: string): string {
  const characters = Array.from(text)
  const members = new Set(set)
  let start = 0
  let end = characters.length
  while (start < end && members.has(characters[start] ?? '')) start += 1
  while (end > start && members.has(characters[end - 1] ?? '')) end -= 1
  return characters.slice(start, end).join('')
}

function withoutPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text
}

function withoutSuffix(text: string, suffix: string): string {
  return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text
}

function replaced(text: string, from: string, to: string): string {
  const size = from === '' ? text.length * (to.length + 1) : (text.length / from.length) * Math.max(to.length, from.length)
  if (size > limits.outputCharacters * 4) throw new CallError('the result is too long')
  if (from === '')
    return `${to}${Array.from(text)
      .map((character) => character + to)
      .join('')}`
  return text.replaceAll(from, () => to)
}

function repeated(text: string, count: number): string {
  if (count < 0) throw new CallError('strings: negative Repeat count')
  if (text.length * count > limits.outputCharacters) throw new CallError('the result is too long')
  return text.repeat(count)
}

function indented(spaces: number, text: string): string {
  if (spaces < 0) throw new CallError('strings: negative Repeat count')
  const lines = text.split('\n')
  if (spaces * lines.length > limits.outputCharacters) throw new CallError('the result is too long')
  return lines.map((line) => ' '.repeat(spaces) + line).join('\n')
}

/** Go cuts at bytes, even within a character. */
function truncated(text: string, count: number): string {
  const bytes = Buffer.from(text)
  if (count < 0) return bytes.length + count > 0 ? bytes.subarray(bytes.length + count).toString() : text
  return bytes.length > count ? bytes.subarray(0, count).toString() : text
}

function substring(text: string, start: number, end: number): string {
  const bytes = Buffer.from(text)
  const to = start < 0 || (end >= 0 && end <= bytes.length) ? end : bytes.length
  const from = Math.max(start, 0)
  if (to < 0 || to > bytes.length)
    throw new CallError(`runtime error: slice bounds out of range [:${to}] with length ${bytes.length}`)
  if (from > to) throw new CallError(`runtime error: slice bounds out of range [${from}:${to}]`)
  return bytes.subarray(from, to).toString()
}

function abbreviatedBoth(text: string, left: number, right: number): string {
  return right < 4 || (left > 0 && right < 7) ? text : abbreviated(text, left, right)
}

function abbreviated(text: string, start: number, width: number): string {
  const bytes = Buffer.from(text)
  if (width < 4 || bytes.length <= width) return text
  let offset = Math.min(start, bytes.length)
  if (bytes.length - offset < width - 3) offset = bytes.length - (width - 3)
  if (offset <= 4) return `${bytes.subarray(0, width - 3).toString()}...`
  if (width < 7) return ''
  if (offset + width - 3 < bytes.length) return `...${abbreviated(bytes.subarray(offset).toString(), 0, width - 3)}`
  return `...${bytes.subarray(bytes.length - (width - 3)).toString()}`
}

/** Bytes are counted, not characters. */
function wrapped(whole: string, width: number, line: string, cutsWords: boolean): string {
  const text = Buffer.from(whole).toString('latin1')
  const newLine = line === '' ? '\n' : Buffer.from(line).toString('latin1')
  const size = Math.max(width, 1)
  return Buffer.from(wrappedBytes(text, size, newLine, cutsWords), 'latin1').toString()
}

function wrappedBytes(text: string, size: number, newLine: string, cutsWords: boolean): string {
  let out = ''
  let at = 0
  while (text.length - at > size) {
    if (text[at] === ' ') {
      at += 1
      continue
    }
    const space = text.slice(at, at + size + 1).lastIndexOf(' ')
    if (space >= 0) {
      out += text.slice(at, at + space) + newLine
      at += space + 1
    } else if (cutsWords) {
      out += text.slice(at, at + size) + newLine
      at += size
    } else {
      const next = text.indexOf(' ', at + size)
      if (next === -1) return out + text.slice(at)
      out += text.slice(at, next) + newLine
      at = next + 1
    }
    if (out.length > limits.outputCharacters) throw new CallError('the result is too long')
  }
  return out + text.slice(at)
}

/** Go's `strings.SplitN`: -1 is all parts, 0 none, n the rest in the last one. */
function splitText(text: string, separator: string, count: number): readonly string[] {
  if (count === 0) return []
  const parts = separator === '' ? Array.from(text) : text.split(separator)
  if (count < 0 || parts.length <= count) return parts
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)]
}

function numbered(parts: readonly string[]): GoValue {
  return typedAs(new Map(parts.map((part, at): [string, GoValue] => [`_${at}`, part])), 'map[string]string')
}
