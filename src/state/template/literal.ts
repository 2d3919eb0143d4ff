import { parseGoFloat, parseGoInt } from '../load/scalars.ts'
import { quoted } from './quote.ts'
import type { NumberNode } from './tree.ts'

/** A number or character constant of a template. @throws Error in Go's words */
export function numberNode(source: string, kind: 'number' | 'charConstant' | 'complex', at: number): NumberNode {
  if (kind === 'charConstant') {
    const text = unquoted(source)
    if (text === null || Array.from(text).length !== 1) throw new Error(`malformed character constant: ${source}`)
    const code = text.codePointAt(0) ?? 0
    return { kind: 'number', at, source, whole: BigInt(code), float: code, isFloat: false }
  }
  const plain = underscoresOk(source) ? source.replaceAll('_', '') : source
  const whole = parseGoInt(plain, 0)
  if (whole !== null) return { kind: 'number', at, source, whole, float: Number(whole), isFloat: false }
  const float = parseGoFloat(plain) ?? hexFloat(plain)
  if (float === null) throw new Error(`illegal number syntax: ${quoted(source)}`)
  if (!/[.eEpP]/.test(source)) throw new Error(`integer overflow: ${quoted(source)}`)
  const isWhole = Number.isInteger(float) && Math.abs(float) < 2 ** 63
  return { kind: 'number', at, source, whole: isWhole ? BigInt(float) : null, float, isFloat: true }
}

/** Go's `strconv.Unquote`; null where it refuses. */
export function unquoted(source: string): string | null {
  const quote = source[0] ?? ''
  const body = source.slice(1, -1)
  if (source.length < 2 || !source.endsWith(quote)) return null
  if (quote === '`') return body.replaceAll('\r', '')
  const bytes: number[] = []
  let out = ''
  const flush = () => {
    if (bytes.length > 0) out += new TextDecoder().decode(Uint8Array.from(bytes.splice(0)))
  }
  for (let at = 0; at < body.length;) {
    const character = String.fromCodePoint(body.codePointAt(at) ?? 0)
    if (character !== '\\') {
      flush()
      out += character
      at += character.length
      continue
    }
    const escape = escapeAt(body, at + 1, quote)
    if (escape === null) return null
    if (escape.byte !== undefined) bytes.push(escape.byte)
    else {
      flush()
      out += escape.text ?? ''
    }
    at = escape.end
  }
  flush()
  return out
}

const simple: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

function escapeAt(
  body: string,
  at: number,
  quote: string,
): { readonly text?: string; readonly byte?: number; readonly end: number } | null {
  const character = body[at] ?? ''
  const text = simple[character]
  if (text !== undefined) return { text, end: at + 1 }
  if (character === quote) return { text: quote, end: at + 1 }
  const octal = /^[0-7]{3}/.exec(body.slice(at, at + 3))
  if (octal !== null) {
    const byte = Number.parseInt(octal[0], 8)
    return byte > 255 ? null : quote === "'" ? { text: String.fromCodePoint(byte), end: at + 3 } : { byte, end: at + 3 }
  }
  const size = character === 'x' ? 2 : character === 'u' ? 4 : character === 'U' ? 8 : 0
  const digits = body.slice(at + 1, at + 1 + size)
  if (size === 0 || digits.length < size || !/^[0-9a-fA-F]+$/.test(digits)) return null
  const code = Number.parseInt(digits, 16)
  const end = at + 1 + size
  if (character === 'x') return quote === "'" ? { text: String.fromCodePoint(code), end } : { byte: code, end }
  return code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? null : { text: String.fromCodePoint(code), end }
}

/** Underscores only between digits, or between a base prefix and a digit. */
function underscoresOk(source: string): boolean {
  const digits = source.replace(/^[+-]/, '')
  if (!digits.includes('_')) return true
  return /^0[xXoObB](?:_?[0-9a-fA-F])+$|^[0-9](?:_?[0-9])*$/.test(digits) && !/__|_$/.test(digits)
}

function hexFloat(text: string): number | null {
  const match = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?\d+)$/.exec(text)
  if (match === null) return null
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  if (whole + fraction === '') return null
  const value = Number.parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length)
  return Number.isFinite(value) ? (sign === '-' ? -value : value) : null
}
