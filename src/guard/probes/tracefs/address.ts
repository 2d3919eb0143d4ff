import { canonicalAddress } from '../../../../core/patterns/address.ts'

/** The address of a socket in its one text form, an IPv4 address in IPv6 clothes as the IPv4 one; null for a family that has none. */
export function addressAt(family: number, v4: Uint8Array, v6: Uint8Array): string | null {
  if (family === 2) return v4.subarray(0, 4).join('.')
  if (family !== 10) return null
  const groups = Array.from({ length: 8 }, (_, i) => (((v6[2 * i] ?? 0) << 8) | (v6[2 * i + 1] ?? 0)).toString(16))
  return canonicalAddress(groups.join(':'))
}
