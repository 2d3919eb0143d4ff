import { parseIp, printIpv6 } from '../ip.ts'

/** Record types that can be asked for, RFC 1035 and after. */
export const DNS_TYPES = {
  A: 1,
  NS: 2,
  CNAME: 5,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  SSHFP: 44,
  CAA: 257,
} as const
export type DnsType = keyof typeof DNS_TYPES

/** `records`: answers of the asked type, in goss's words. `code`: the response code; `truncated`: ask again over TCP. */
export type DnsResponse = { readonly records: readonly string[]; readonly code: number; readonly truncated: boolean }

const HEADER = 12
const CLASS_IN = 1

/** A recursive query, or why the name cannot be asked for. */
export function encodeQuery(id: number, name: string, type: DnsType): Uint8Array | string {
  const labels = name.replace(/\.$/, '').split('.')
  const encoded = labels.filter((label) => label !== '').map((label) => Buffer.from(label, 'utf8'))
  if (name !== '.' && encoded.length < labels.length) return `dns: empty label in ${name}`
  if (encoded.some((label) => label.length > 63)) return `dns: label too long in ${name}`
  const question = Buffer.concat(encoded.flatMap((label) => [Buffer.of(label.length), label]))
  if (question.length > 254) return `dns: name too long: ${name}`
  const head = Buffer.alloc(HEADER)
  head.writeUInt16BE(id, 0)
  head.writeUInt16BE(0x0100, 2) // recursion desired
  head.writeUInt16BE(1, 4)
  const tail = Buffer.alloc(5)
  tail.writeUInt16BE(DNS_TYPES[type], 1)
  tail.writeUInt16BE(CLASS_IN, 3)
  return Buffer.concat([head, question, tail])
}

/** The name whose PTR record names an address; null: it is no address. */
export function reverseName(address: string): string | null {
  const bytes = parseIp(address)
  if (bytes === null) return null
  if (bytes.length === 4) return `${[...bytes].toReversed().join('.')}.in-addr.arpa.`
  const nibbles = Buffer.from(bytes).toString('hex').split('').toReversed()
  return `${nibbles.join('.')}.ip6.arpa.`
}

/** A server's answer to query `id`; null: it is not one. Reads no byte beyond the message, and no pointer twice. */
export function decodeResponse(message: Uint8Array, id: number, type: DnsType): DnsResponse | null {
  const buffer = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  if (buffer.length < HEADER || buffer.readUInt16BE(0) !== id || (buffer.readUInt16BE(2) & 0x8000) === 0) return null
  const flags = buffer.readUInt16BE(2)
  try {
    return { records: recordsIn(buffer, type), code: flags & 15, truncated: (flags & 0x0200) !== 0 }
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function recordsIn(buffer: Buffer, type: DnsType): readonly string[] {
  let at = HEADER
  for (let left = buffer.readUInt16BE(4); left > 0; left--) at = nameAt(buffer, at).end + 4
  const records: string[] = []
  for (let left = buffer.readUInt16BE(6); left > 0; left--) {
    const head = nameAt(buffer, at).end
    const from = head + 10
    const to = from + buffer.readUInt16BE(head + 8)
    if (to > buffer.length) throw new RangeError('record beyond the message')
    if (buffer.readUInt16BE(head) === DNS_TYPES[type]) records.push(...recordAt(buffer, from, to, type))
    at = to
  }
  return records
}

function recordAt(buffer: Buffer, from: number, to: number, type: DnsType): readonly string[] {
  const name = (at: number): string => nameAt(buffer, at).name
  const number = (at: number): number => buffer.readUInt16BE(at)
  switch (type) {
    case 'A':
      return to - from === 4 ? [buffer.subarray(from, to).join('.')] : []
    case 'AAAA':
      return to - from === 16 ? [printIpv6(buffer.subarray(from, to))] : []
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return [name(from)]
    case 'MX':
      return [`${number(from)} ${name(from + 2)}`]
    case 'SRV':
      return [`${number(from)} ${number(from + 2)} ${number(from + 4)} ${name(from + 6)}`]
    case 'TXT':
      return segmentsOf(buffer.subarray(from, to))
    case 'CAA':
      return [caaOf(buffer.subarray(from, to))]
    case 'SSHFP':
      return [`${buffer.readUInt8(from)} ${buffer.readUInt8(from + 1)} ${buffer.toString('hex', from + 2, to).toUpperCase()}`]
  }
}

function segmentsOf(data: Buffer): readonly string[] {
  const segments: string[] = []
  for (let at = 0; at < data.length; at += 1 + data.readUInt8(at)) {
    segments.push(escaped(data.subarray(at + 1, at + 1 + data.readUInt8(at)), '"\\'))
  }
  return segments
}

function caaOf(data: Buffer): string {
  const length = data.readUInt8(1)
  return `${data.readUInt8(0)} ${data.toString('latin1', 2, 2 + length)} ${escaped(data.subarray(2 + length), '"\\')}`
}

/** A name in its text form with its last dot, and where it ends in the message. */
function nameAt(buffer: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = []
  let end = -1
  let at = start
  // 255 bytes hold at most 128 labels; more jumps than that are a loop.
  for (let steps = 0; steps < 256; steps++) {
    const length = buffer.readUInt8(at)
    if (length === 0) return { name: `${labels.join('.')}.`, end: end < 0 ? at + 1 : end }
    if (length >= 0xc0) {
      if (end < 0) end = at + 2
      at = buffer.readUInt16BE(at) & 0x3fff
    } else {
      labels.push(escaped(buffer.subarray(at + 1, at + 1 + length), `."\\ '@;()`))
      at += 1 + length
    }
  }
  throw new RangeError('a name that never ends')
}

/** Printable as it is, special characters behind a backslash, the rest as `\ddd`: RFC 1035, 5.1. */
function escaped(bytes: Buffer, special: string): string {
  let text = ''
  for (const byte of bytes) {
    const character = String.fromCharCode(byte)
    if (byte < 0x20 || byte > 0x7e) text += `\\${String(byte).padStart(3, '0')}`
    else text += special.includes(character) ? `\\${character}` : character
  }
  return text
}
