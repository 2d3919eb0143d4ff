import { RegoObject } from '../collection.ts'
import { fromInteger } from '../number.ts'
import type { Value } from '../value.ts'
import { type BuiltinFunction, string } from './builtin.ts'

/** What RFC 4122 puts into the bits of a UUID; of version 1 and 2 also time, clock and node. Other text has no result. */
export const parse: BuiltinFunction = (operands) => {
  const digits = digitsOf(string(operands, 0))
  if (digits === null) return undefined
  const bits = BigInt(`0x${digits}`)
  const version = Number((bits >> 76n) & 0xfn)
  const members: [Value, Value][] = [
    ['version', version],
    ['variant', variantOf(Number((bits >> 56n) & 0xffn))],
  ]
  return RegoObject.of(version === 1 || version === 2 ? [...members, ...clockMembers(bits, version)] : members)
}

/** The four spellings: with hyphens, without, in braces, as URN. */
function digitsOf(text: string): string | null {
  const inner = text.length === 45 && /^urn:uuid:/i.test(text) ? text.slice(9) : text.length === 38 ? text.slice(1, 37) : text
  const isHyphenated = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(inner)
  return isHyphenated || /^[\da-f]{32}$/i.test(text) ? inner.replaceAll('-', '') : null
}

function variantOf(octet: number): string {
  if ((octet & 0xc0) === 0x80) return 'RFC4122'
  if ((octet & 0xe0) === 0xc0) return 'Microsoft'
  return (octet & 0xe0) === 0xe0 ? 'Future' : 'Reserved'
}

/** 100 ns since 15 October 1582, as nanoseconds since 1970. */
const GREGORIAN = 0x01b21dd213814000n

function clockMembers(bits: bigint, version: number): [Value, Value][] {
  const ticks = (bits >> 96n) | (((bits >> 80n) & 0xffffn) << 32n) | (((bits >> 64n) & 0x0fffn) << 48n)
  const node = (bits & 0xffffffffffffn).toString(16).padStart(12, '0')
  const first = Number.parseInt(node.slice(0, 2), 16)
  const members: [Value, Value][] = [
    ['time', fromInteger(BigInt.asIntN(64, (ticks - GREGORIAN) * 100n))],
    ['nodeid', node.replaceAll(/..(?!$)/g, '$&-')],
    ['macvariables', `${first & 2 ? 'local' : 'global'}:${first & 1 ? 'multicast' : 'unicast'}`],
    ['clocksequence', Number((bits >> 48n) & 0x3fffn)],
  ]
  if (version === 1) return members
  const domain = Number((bits >> 48n) & 0xffn)
  return [...members, ['id', Number(bits >> 96n)], ['domain', ['Person', 'Group', 'Org'][domain] ?? `Domain${domain}`]]
}
