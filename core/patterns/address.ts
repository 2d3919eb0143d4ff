import { RunproofError } from '../model/errors.ts'

type Parsed = { readonly bits: 32 | 128; readonly value: bigint }

/** An IP address in its one shortest text form (RFC 5952, IPv4-mapped as IPv4), or null when the text is none. */
export function canonicalAddress(text: string): string | null {
  const parsed = parseAddress(text)
  return parsed && formatAddress(parsed)
}

/**
 * A test for "lies in at least one of these blocks". Entries are addresses or CIDR blocks; `::ffff:10.0.0.0/104` is `10.0.0.0/8`, and a
 * shorter one than `/96`, which would hold both kinds of addresses, is none.
 * @throws RunproofError `format.malformed` for an entry that is neither
 */
export function compileBlocks(blocks: readonly string[]): (address: string) => boolean {
  const compiled = blocks.map(parseBlock)
  return (address) => {
    const parsed = parseAddress(address)
    return parsed !== null && compiled.some(({ bits, shift, prefix }) => bits === parsed.bits && parsed.value >> shift === prefix)
  }
}

function parseBlock(block: string): { readonly bits: 32 | 128; readonly shift: bigint; readonly prefix: bigint } {
  const [text = '', length, ...extra] = block.split('/')
  const parsed = parseAddress(text)
  const bad = () =>
    new RunproofError(
      'format.malformed',
      `not an IP address or CIDR block like 10.0.0.0/8 or 2001:db8::/32: ${JSON.stringify(block)}`,
    )
  if (!parsed || extra.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) throw bad()
  // An IPv4 address that is written as IPv6 is in a block of IPv6, whose first 96 bits say that it is IPv4.
  const before = text.includes(':') ? 128 - parsed.bits : 0
  const prefixLength = length === undefined ? parsed.bits : Number(length) - before
  if (prefixLength < 0 || prefixLength > parsed.bits) throw bad()
  const shift = BigInt(parsed.bits - prefixLength)
  return { bits: parsed.bits, shift, prefix: parsed.value >> shift }
}

function parseAddress(text: string): Parsed | null {
  if (text.length > 45) return null
  return text.includes(':') ? parseV6(text) : parseV4(text)
}

function parseV4(text: string): Parsed | null {
  const parts = text.split('.')
  // A leading zero is octal to some readers and decimal to others: such an address is none.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return null
  return { bits: 32, value: parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n) }
}

function parseV6(text: string): Parsed | null {
  const lastColon = text.lastIndexOf(':')
  const embedded = text.includes('.') ? parseV4(text.slice(lastColon + 1)) : null
  if (text.includes('.') && !embedded) return null
  const head = embedded
    ? `${text.slice(0, lastColon + 1)}${(embedded.value >> 16n).toString(16)}:${(embedded.value & 0xffffn).toString(16)}`
    : text
  const halves = head.split('::')
  if (halves.length > 2) return null
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const [left = [], right = []] = groups
  const missing = 8 - left.length - right.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  const all = [...left, ...Array.from({ length: missing }, () => '0'), ...right]
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null
  const value = all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffffffffn } : { bits: 128, value }
}

function formatAddress({ bits, value }: Parsed): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 255n).toString()).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  let best = { start: 0, length: 0 }
  for (let i = 0; i < 8; i++) {
    let length = 0
    while (i + length < 8 && groups[i + length] === '0') length++
    if (length > best.length) best = { start: i, length }
  }
  if (best.length < 2) return groups.join(':')
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`
}
