import { RunproofError } from '../../../core/model/errors.ts'
import { readAddress } from './address-words.ts'

/** What an entry of `allowed_network` or `blocked_network` stands for: any of the blocks at any of the ports; no ports: at every one. */
export type NetworkEntry = { readonly blocks: readonly AddressBlock[]; readonly ports: readonly PortRange[] }
/** Inclusive at both ends; the value of an address is that of its bits. */
export type AddressBlock = { readonly family: 4 | 6; readonly first: bigint; readonly last: bigint; readonly prefix: number }
export type PortRange = { readonly from: number; readonly to: number }

/**
 * `10.0.0.0/8:443`, `10.1.2.3`, `[2001:db8::/32]:443,8000-8999`, `localhost:5432`, `*:53`, `*`.
 * @throws RunproofError `format.malformed` with what is wrong, and a fix after the first semicolon
 */
export function networkEntry(entry: string): NetworkEntry {
  const { host, ports } = split(entry)
  return { blocks: blocksOf(host), ports: ports === null ? [] : portsOf(ports) }
}

function split(entry: string): { readonly host: string; readonly ports: string | null } {
  if (entry.startsWith('[')) {
    const close = entry.indexOf(']')
    const rest = entry.slice(close + 1)
    if (close < 0) throw malformed('opens a [ that it does not close', 'write [2001:db8::/32]:443')
    // Both places of the length are in use: [net/32]:port and [net]/32:port.
    const length = /^\/\d{1,3}/.exec(rest)?.[0] ?? ''
    const after = rest.slice(length.length)
    if (after !== '' && !after.startsWith(':'))
      throw malformed('goes on after the ] with something that is no port', 'write [2001:db8::/32]:443')
    return { host: `[${entry.slice(1, close)}${length}`, ports: after === '' ? null : after.slice(1) }
  }
  const colon = entry.indexOf(':')
  if (colon < 0) return { host: entry, ports: null }
  if (entry.indexOf(':', colon + 1) >= 0) throw malformed('is an IPv6 address without brackets', `write [${entry}]`)
  return { host: entry.slice(0, colon), ports: entry.slice(colon + 1) }
}

function blocksOf(host: string): readonly AddressBlock[] {
  if (host === '*' || host === '') {
    if (host === '') throw malformed('has no address', 'write *:443 for every address at this port')
    return [block(4, 0n, 0), block(6, 0n, 0)]
  }
  if (host === 'localhost') return [block(4, 0x7f000000n, 8), block(6, 1n, 128)]
  const bracketed = host.startsWith('[')
  const [text = '', length, ...extra] = host.slice(bracketed ? 1 : 0).split('/')
  const family = readAddress(text, words)
  const looksLikeAddress = /^[\d.]+$/.test(text) || text.includes(':')
  if (family === 0 && !looksLikeAddress)
    throw malformed(
      'is a host name, and what a name points to changes without the policy',
      'write its addresses, like 10.0.0.0/8:443',
    )
  if (text.includes('%')) throw malformed('has a zone, which is another one on every host', 'write the address without it')
  if (family === 0 || extra.length > 0)
    throw malformed('is no IP address or CIDR block', 'write 10.0.0.0/8:443 or [2001:db8::/32]:443')
  if (bracketed && !text.includes(':')) throw malformed('is an IPv4 address in brackets', `write it without: ${text}`)
  return [sized(text, family, length)]
}

function sized(text: string, family: 4 | 6, length: string | undefined): AddressBlock {
  const value =
    (BigInt(words[0] ?? 0) << 96n) | (BigInt(words[1] ?? 0) << 64n) | (BigInt(words[2] ?? 0) << 32n) | BigInt(words[3] ?? 0)
  // An IPv4 block that is written within IPv6 counts its first 96 bits.
  const written = text.includes(':') ? 128 : 32
  const given = length === undefined ? written : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN
  if (!(given <= written)) throw malformed(`has a prefix length that is none (/${length})`, `write a number from 0 to ${written}`)
  if (family === 4 && written === 128 && given < 96)
    throw malformed('cuts the IPv4 addresses within IPv6', 'write the IPv4 block alone')
  const prefix = family === 4 && written === 128 ? given - 96 : given
  const made = block(family, family === 4 ? value & 0xffffffffn : value, prefix)
  if (made.first !== (family === 4 ? value & 0xffffffffn : value))
    throw malformed(
      'has bits beyond its prefix length',
      `write the block's first address, or /${family === 4 ? 32 : 128} for this address alone`,
    )
  return made
}

function block(family: 4 | 6, value: bigint, prefix: number): AddressBlock {
  const free = BigInt((family === 4 ? 32 : 128) - prefix)
  const first = (value >> free) << free
  return { family, first, last: first | ((1n << free) - 1n), prefix }
}

function portsOf(text: string): readonly PortRange[] {
  if (text === '*') return []
  return text.split(',').map((part) => {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part)
    const range = { from: Number(match?.[1]), to: Number(match?.[2] ?? match?.[1]) }
    if (!match || range.to > 65_535 || range.from > range.to)
      throw malformed(
        `has a port that is none (${part === '' ? 'empty' : part})`,
        'write 443, 8000-8999, or 443,8443; * or nothing for every port',
      )
    return range
  })
}

function malformed(what: string, fix: string): RunproofError {
  return new RunproofError('format.malformed', `${what}; ${fix}`)
}

const words = new Uint32Array(4)
