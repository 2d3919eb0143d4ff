import { resolveScalar } from '../load/scalars.ts'

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal'

/** Which quotes go-yaml gives a text, `isKey`: where a key on one line must fit. */
export function styleOf(text: string, isKey: boolean): ScalarStyle {
  const form = analyse(text)
  if (text.includes('\n')) return form.allowsBlock && !isKey ? 'literal' : 'double'
  if (form.isMultiline && isKey) return 'double'
  const isText = resolveScalar(text).tag === '!!str' && !baseSixty.test(text) && !oldBooleans.has(text)
  if (!isText) return 'double'
  if (form.allowsPlain) return 'plain'
  return form.allowsSingle ? 'single' : 'double'
}

export function isMultiline(text: string): boolean {
  return lineBreak.test(text)
}

/** A text in double quotes with YAML's escapes. */
export function doubleQuoted(text: string): string {
  let out = '"'
  for (const character of text) out += isSafe(character) && !lineBreak.test(character) ? character : escapeOf(character)
  return `${out}"`
}

/** YAML 1.1 would read these as numbers to the base of sixty, and as booleans: go-yaml quotes them for its sake. */
const baseSixty = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/
const oldBooleans = new Set('y Y yes Yes YES on On ON n N no No NO off Off OFF'.split(' '))
const lineBreak = /[\r\n\u0085\u2028\u2029]/

type Form = {
  readonly isMultiline: boolean
  readonly allowsPlain: boolean
  readonly allowsSingle: boolean
  readonly allowsBlock: boolean
}

function analyse(text: string): Form {
  if (text === '') return { isMultiline: false, allowsPlain: true, allowsSingle: true, allowsBlock: false }
  const breaks = lineBreak.test(text)
  const hasSpecial = Array.from(text).some((character) => character !== '\t' && !isPrintable(character))
  const startsBlank = /^[ \r\n\u0085\u2028\u2029]/.test(text)
  const endsBlank = /[ \r\n\u0085\u2028\u2029]$/.test(text)
  const spaceAfterBreak = /[\r\n\u0085\u2028\u2029] /.test(text)
  const spaceBeforeBreak = / [\r\n\u0085\u2028\u2029]/.test(text)
  const isOdd = spaceBeforeBreak || hasSpecial
  const isQuotable = !spaceAfterBreak && !isOdd && !text.includes('\t')
  return {
    isMultiline: breaks,
    allowsPlain: isQuotable && !breaks && !startsBlank && !endsBlank && !hasIndicator(text),
    allowsSingle: isQuotable,
    allowsBlock: !text.endsWith(' ') && !isOdd,
  }
}

const blank = String.raw`[ \t\r\n\u0085\u2028\u2029]`
const indicators = new RegExp(`^(?:---|\\.\\.\\.|[#,[\\]{}&*!|>'"%@\`]|[?:-](?:${blank}|$))|:(?:${blank}|$)|${blank}#`)

function hasIndicator(text: string): boolean {
  return indicators.test(text)
}

/** As libyaml has it: nothing beyond the basic plane, no byte order mark. */
function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  if (code === 0x0a) return true
  if (code < 0xa0) return code >= 0x20 && code <= 0x7e
  return code <= 0xfffd && code !== 0xfeff && (code < 0xd800 || code > 0xdfff)
}

function isSafe(character: string): boolean {
  return isPrintable(character) && character !== '"' && character !== '\\'
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\u001b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
}

function escapeOf(character: string): string {
  const known = escapes[character]
  if (known !== undefined) return known
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
