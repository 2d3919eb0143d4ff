import { isUtf8 } from 'node:buffer'
import type { Bytes } from '../model/fact.ts'
import type { Read } from './host.ts'

/** What was read, as a bundle holds it: text where it is UTF-8, else base64. */
export function bytesOf({ bytes, size, cut }: Read): Bytes {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return isUtf8(buffer) ? { text: buffer.toString('utf8'), size, cut } : { base64: buffer.toString('base64'), size, cut }
}

/** The bytes that a bundle holds. */
export function rawBytes(bytes: Bytes): Uint8Array {
  return 'text' in bytes ? Buffer.from(bytes.text, 'utf8') : Buffer.from(bytes.base64, 'base64')
}

/** For what is text by nature; bytes that are not UTF-8 become U+FFFD, as in Go's JSON. */
export function textOf({ bytes }: Pick<Read, 'bytes'>): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
