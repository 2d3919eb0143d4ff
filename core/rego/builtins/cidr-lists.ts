import { RegoSet } from '../collection.ts'
import { BuiltinError, type BuiltinFunction, elementError, elements, any, string } from './builtin.ts'
import { kindOf } from '../value.ts'
import { addressText, parseAddress, parseNetwork } from './network-text.ts'

/** Every address of the network. It is paid for before it is made: a /8 exceeds any budget. */
export const expand: BuiltinFunction = (operands, run) => {
  const text = string(operands, 0)
  const network = parseNetwork(text)
  if (!network) throw new BuiltinError(`invalid CIDR address: ${text.slice(0, 60)}`)
  const { bits, first, last } = network
  run.spend(Number(last - first + 1n) * STEPS_PER_ADDRESS)
  const addresses = new RegoSet()
  for (let address = first; address <= last; address++) addresses.add(addressText(address, bits))
  return addresses
}
const STEPS_PER_ADDRESS = 8

/** The fewest networks that hold exactly the same addresses. An IPv4 address without a prefix stands for its class, as in Go. */
export const merge: BuiltinFunction = (operands, run) => {
  const networks = elements(operands, 0, 'set', 'array').map((item) => {
    if (typeof item !== 'string') throw elementError(0, kindOf(any(operands, 0)), item, 'string')
    return ranged(item)
  })
  run.spend(networks.length)
  const merged = new RegoSet()
  for (const bits of [32, 128] as const) {
    for (const { first, last, text } of joined(networks.filter((network) => network.bits === bits))) {
      for (const each of text === null ? covering(first, last, bits) : [text]) merged.add(each)
    }
  }
  return merged
}

/** `text`: how a network that nothing was merged into is written, if not as all others. OPA keeps the host bits of a bare address. */
type Range = { readonly bits: 32 | 128; readonly first: bigint; last: bigint; text: string | null }

function ranged(text: string): Range {
  const network = parseNetwork(text)
  if (network) return { ...network, text: null }
  const address = text.includes('/') ? null : parseAddress(text)
  if (!address) throw new BuiltinError(`invalid CIDR address: ${text.slice(0, 60)}`)
  if (address.bits === 128) throw new BuiltinError('IPv6 invalid: needs prefix length')
  const leading = address.first >> 24n
  const prefix = leading < 128n ? 8n : leading < 192n ? 16n : 24n
  const hosts = (1n << (32n - prefix)) - 1n
  const first = address.first & ~hosts
  return { bits: 32, first, last: first | hosts, text: `${addressText(address.first, 32)}/${prefix}` }
}

function joined(networks: readonly Range[]): readonly Range[] {
  const ranges: Range[] = []
  for (const range of networks.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const before = ranges.at(-1)
    if (!before || range.first > before.last + 1n) {
      ranges.push({ ...range })
      continue
    }
    if (range.last > before.last) before.last = range.last
    before.text = null
  }
  return ranges
}

function covering(from: bigint, last: bigint, bits: 32 | 128): readonly string[] {
  const texts: string[] = []
  for (let first = from; first <= last;) {
    let host = 0n
    while (host < BigInt(bits) && (first & ((2n << host) - 1n)) === 0n && first + (2n << host) - 1n <= last) host++
    texts.push(`${addressText(first, bits)}/${BigInt(bits) - host}`)
    first += 1n << host
  }
  return texts
}
