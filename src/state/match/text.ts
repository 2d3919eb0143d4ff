import type { Bytes } from '../model/fact.ts'
import type { GoValue } from '../model/value.ts'
import { isGoMap } from '../model/value.ts'

/**
 * The bytes as text in which no two byte strings are alike: a byte that is no UTF-8 stands as the lone surrogate U+DC00 + byte, so that
 * comparing and counting stay exact. `wellFormed` makes U+FFFD of them where text is shown or searched by a regular expression.
 */
export function textOf(bytes: Bytes): string {
  return 'text' in bytes ? bytes.text : decode(Buffer.from(bytes.base64, 'base64'))
}

/** How many bytes Go's string has. */
export function byteLength(text: string): number {
  const length = Buffer.byteLength(text)
  return text.isWellFormed() ? length : length - 2 * (text.match(/[\udc80-\udcff]/gu)?.length ?? 0)
}

/** The value with every text as it can be written: what is no Unicode is U+FFFD. */
export function wellFormed(value: GoValue): GoValue {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed()
  if (Array.isArray(value)) return value.some((item) => wellFormed(item) !== item) ? value.map(wellFormed) : value
  if (!isGoMap(value)) return value
  return new Map([...value].map(([key, item]) => [key.toWellFormed(), wellFormed(item)]))
}

/** Whether `wellFormed` would give back the very same value. Maps are not looked into: it makes them anew. */
export function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  return Array.isArray(value) ? value.every(isWellFormed) : !(value instanceof Map)
}

const fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode(buffer: Buffer): string {
  let text = ''
  let start = 0
  for (let at = 0; at < buffer.length;) {
    const length = runeLength(buffer, at)
    if (length > 0) {
      at += length
      continue
    }
    text += fatal.decode(buffer.subarray(start, at)) + String.fromCharCode(0xdc00 + (buffer[at] ?? 0))
    at += 1
    start = at
  }
  return text + fatal.decode(buffer.subarray(start))
}

/** How many bytes the character at the place has; 0: it is none. */
function runeLength(buffer: Buffer, at: number): number {
  const first = buffer[at] ?? 0
  if (first < 0x80) return 1
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  if (first < 0xc2 || first > 0xf4 || at + length > buffer.length) return 0
  const second = buffer[at + 1] ?? 0
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most) return 0
  for (let next = at + 2; next < at + length; next += 1) if (((buffer[next] ?? 0) & 0xc0) !== 0x80) return 0
  return length
}
