/** Four words of 32 bits, the first the highest; an IPv4 address is in the last one. */
export type AddressWords = Uint32Array

/**
 * Reads an IP address without making anything: 4 or 6 for the kind, with its value in `words`; 0 when the text is none. An IPv4 address
 * within IPv6 (`::ffff:10.0.0.1`) is the IPv4 address: a socket for both sees it so. A zone (`fe80::1%eth0`) does not count.
 */
export function readAddress(text: string, words: AddressWords): 0 | 4 | 6 {
  words[0] = words[1] = words[2] = 0
  const first = text.indexOf(':')
  if (first < 0) return readV4(text, 0, text.length, words) ? 4 : 0
  const zone = text.indexOf('%')
  if (!readV6(text, zone < 0 ? text.length : zone, words)) return 0
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff ? 4 : 6
}

/** `a.b.c.d`, decimal, without leading zeros, which some read as octal. */
function readV4(text: string, from: number, to: number, words: AddressWords): boolean {
  let value = 0
  let at = from
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.charCodeAt(at++) !== DOT) return false
    const start = at
    let number = 0
    for (; at < to && at - start < 4; at++) {
      const digit = text.charCodeAt(at) - ZERO
      if (digit < 0 || digit > 9) break
      number = number * 10 + digit
    }
    if (at === start || number > 255 || (at - start > 1 && text.charCodeAt(start) === ZERO)) return false
    value = value * 256 + number
  }
  if (at !== to) return false
  words[3] = value
  return true
}

/** Groups are written from the front; what follows `::` is moved to the end when the text is over. */
function readV6(text: string, to: number, words: AddressWords): boolean {
  groups.fill(0)
  let count = 0
  let gap = -1
  let at = 0
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false
    gap = 0
    at = 2
  }
  while (at < to) {
    if (count === 8) return false
    const start = at
    let value = 0
    let digit: number
    for (; at < to && (digit = hexOf(text.charCodeAt(at))) >= 0; at++) value = value * 16 + digit
    if (at < to && text.charCodeAt(at) === DOT) {
      if (count > 6 || !readV4(text, start, to, words)) return false
      groups[count++] = (words[3] as number) >>> 16
      groups[count++] = (words[3] as number) & 0xffff
      break
    }
    if (at === start || at - start > 4) return false
    groups[count++] = value
    if (at === to) break
    if (text.charCodeAt(at++) !== COLON || at === to) return false
    if (text.charCodeAt(at) !== COLON) continue
    if (gap >= 0) return false
    gap = count
    at++
  }
  if (gap < 0 ? count !== 8 : count > 7) return false
  if (gap >= 0) groups.copyWithin(8 - (count - gap), gap, count).fill(0, gap, 8 - (count - gap))
  for (let word = 0; word < 4; word++) words[word] = (groups[word * 2] as number) * 0x10000 + (groups[word * 2 + 1] as number)
  return true
}

function hexOf(code: number): number {
  if (code >= ZERO && code <= ZERO + 9) return code - ZERO
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

const groups = new Uint16Array(8)
const ZERO = 0x30
const DOT = 0x2e
const COLON = 0x3a
