/**
 * How go-yaml orders the keys of a map: letters before what is none only after a digit, runs of digits by their value (`a2` before `a10`).
 * Negative: `a` comes first.
 */
export function compareKeys(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)]
  const shared = Math.min(left.length, right.length)
  let isAfterDigit = false
  for (let at = 0; at < shared; at += 1) {
    const [one = '', other = ''] = [left[at], right[at]]
    if (one === other) {
      isAfterDigit = isDigit(one)
      continue
    }
    return compareAt(left, right, at, isAfterDigit)
  }
  return left.length - right.length
}

function compareAt(left: readonly string[], right: readonly string[], at: number, isAfterDigit: boolean): number {
  const [one = '', other = ''] = [left[at], right[at]]
  const [isLetter, isOtherLetter] = [letter.test(one), letter.test(other)]
  if (isLetter && isOtherLetter) return codeOf(one) - codeOf(other)
  if (isLetter || isOtherLetter) {
    const comesFirst = isAfterDigit ? isLetter : isOtherLetter
    return comesFirst ? -1 : 1
  }
  // Zeros within a number count as digits of it, leading ones do not.
  const start = (one === '0' || other === '0') && isWithinNumber(left, at) ? 1n : 0n
  const first = digitsFrom(left, at, start)
  const second = digitsFrom(right, at, start)
  if (first.value !== second.value) return first.value < second.value ? -1 : 1
  return first.end === second.end ? codeOf(one) - codeOf(other) : first.end - second.end
}

function isWithinNumber(characters: readonly string[], at: number): boolean {
  for (let before = at - 1; before >= 0 && isDigit(characters[before] ?? ''); before -= 1) {
    if (characters[before] !== '0') return true
  }
  return false
}

/** Go counts in 64 bits and overflows silently. */
function digitsFrom(characters: readonly string[], at: number, start: bigint): { readonly value: bigint; readonly end: number } {
  let value = start
  let end = at
  for (; end < characters.length && isDigit(characters[end] ?? ''); end += 1) {
    value = BigInt.asIntN(64, value * 10n + BigInt(codeOf(characters[end] ?? '') - 48))
  }
  return { value, end }
}

const letter = /^\p{L}$/u

function isDigit(character: string): boolean {
  return /^\p{Nd}$/u.test(character)
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0
}
