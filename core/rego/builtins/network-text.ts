/** A range of addresses; `bits` is 32 or 128. An IPv4 address mapped into IPv6 is the IPv4 address that it stands for. */
export type Network = { readonly bits: 32 | 128; readonly first: bigint; readonly last: bigint }

/** One IP address as a range of one. Null: not an address. A zone (`%eth0`) is none. */
export function parseAddress(text: string): Network | null {
  const four = text.includes(':') ? null : fourParts(text)
  if (four !== null) return { bits: 32, first: four, last: four }
  const six = text.includes(':') ? eightParts(text) : null
  return six === null ? null : range(six, six)
}

/** `address/prefix`; bits below the prefix are cleared. Null: not a network. */
export function parseNetwork(text: string): Network | null {
  const [host = '', prefix = '', ...more] = text.split('/')
  if (more.length > 0 || !/^\d{1,20}$/.test(prefix)) return null
  const isSix = host.includes(':')
  const address = isSix ? eightParts(host) : fourParts(host)
  const size = isSix ? 128 : 32
  const length = Number(prefix)
  if (address === null || length > size) return null
  const hosts = (1n << BigInt(size - length)) - 1n
  const first = address & ~hosts
  return isSix ? range(first, first | hosts) : { bits: 32, first, last: first | hosts }
}

const MAPPED = 0xffff_0000_0000n

function range(first: bigint, last: bigint): Network {
  const isMapped = first >> 32n === MAPPED >> 32n && last >> 32n === MAPPED >> 32n
  return isMapped ? { bits: 32, first: first - MAPPED, last: last - MAPPED } : { bits: 128, first, last }
}

/** A leading zero would mean octal to some readers, so it is refused. */
function fourParts(text: string): bigint | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return null
  return parts.reduce((address, part) => (address << 8n) | BigInt(part), 0n)
}

function eightParts(text: string): bigint | null {
  const dotted = /^(.*:)([^:]*\.[^:]*)$/.exec(text)
  const four = dotted ? fourParts(dotted[2] ?? '') : 0n
  if (four === null) return null
  const groups = dotted ? `${dotted[1] ?? ''}${(four >> 16n).toString(16)}:${(four & 0xffffn).toString(16)}` : text
  const halves = groups.split('::')
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return null
  const all = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return null
  return all.reduce((address, group) => (address << 16n) | BigInt(`0x${group}`), 0n)
}

/** As Go writes it: IPv6 in lower case with the first longest run of two or more zero groups left out. */
export function addressText(address: bigint, bits: 32 | 128): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((address >> shift) & 0xffn)).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((address >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  let [best, length] = [0, 1]
  for (let start = 0; start < 8; start++) {
    let end = start
    while (groups[end] === '0') end++
    if (end - start > length) [best, length] = [start, end - start]
  }
  return length < 2 ? groups.join(':') : `${groups.slice(0, best).join(':')}::${groups.slice(best + length).join(':')}`
}
