import { RunproofError } from '../model/errors.ts'

/** UTF-8. A lone surrogate becomes U+FFFD, as everywhere on the web; `jcs` and `parseJson` refuse it before it gets here. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/**
 * Text of UTF-8 bytes; a byte order mark is kept, so that no two byte strings read as the same text.
 * @throws RunproofError `format.malformed` for anything that is not UTF-8.
 */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new RunproofError('format.malformed', 'not valid UTF-8', { cause })
  }
}

/** Lower case, two digits a byte. */
export function hex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** @throws RunproofError `format.malformed` unless the text is lower-case hex of whole bytes: one digest, one spelling. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) throw new RunproofError('format.malformed', 'not lower-case hex')
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** RFC 4648 §4, with padding. */
export function base64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += CHUNK) text += btoa(String.fromCharCode(...bytes.subarray(i, i + CHUNK)))
  return text
}

/**
 * Strict RFC 4648 §4: padding required, no white space, unused bits zero, so that bytes have one spelling.
 * `urlSafe` also takes the alphabet of §5, with or without padding, as DSSE demands of its readers; never a mixture of both.
 * @throws RunproofError `format.malformed`
 */
export function fromBase64(text: string, { urlSafe = false }: { readonly urlSafe?: boolean } = {}): Uint8Array {
  const standard = urlSafe && URL_ALPHABET.test(text) ? padded(text.replaceAll('-', '+').replaceAll('_', '/')) : text
  if (!STANDARD_ALPHABET.test(standard) || standard.length % 4 !== 0) throw new RunproofError('format.malformed', 'not base64')
  const binary = atob(standard)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  // Only the last group can carry unused bits.
  if (base64(bytes.subarray(bytes.length - (bytes.length % 3))) !== lastGroup(standard, bytes.length % 3)) {
    throw new RunproofError('format.malformed', 'not base64: bits after the last byte')
  }
  return bytes
}

/** Not constant time: everything compared here is public. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** A fresh array with all parts in order. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// A multiple of 3, so that no padding appears inside; small enough for one call's arguments.
const CHUNK = 0x6000
const STANDARD_ALPHABET = /^[A-Za-z0-9+/]*={0,2}$/
const URL_ALPHABET = /^[A-Za-z0-9_-]*={0,2}$/

function padded(text: string): string {
  return text.endsWith('=') ? text : text + '='.repeat((4 - (text.length % 4)) % 4)
}

function lastGroup(text: string, leftover: number): string {
  return leftover === 0 ? '' : text.slice(-4)
}
