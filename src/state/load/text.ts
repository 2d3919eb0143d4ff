import { GossfileError } from './failure.ts'

/** Gossfiles and variables are written by people: more than this is a mistake or an attack. */
const maxBytes = 16 * 1024 * 1024

/** Bytes as text; what is no UTF-8 is replaced, as Go's parsers see it. @throws GossfileError for too much */
export function textOf(bytes: Uint8Array): string {
  if (bytes.length > maxBytes) throw new GossfileError(`larger than ${maxBytes} bytes`)
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}
