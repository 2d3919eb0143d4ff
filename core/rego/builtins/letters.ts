/**
 * Upper and lower case letter by letter, as Go has it: without regard to neighbours (a final sigma) and never one letter for two
 * (ß stays ß). Which letters have a case is the JavaScript engine's Unicode version, for letters added after Unicode 15 not Go's.
 */
export function toUpper(text: string): string {
  return IS_ASCII.test(text) ? text.toUpperCase() : Array.from(text, upperLetter).join('')
}

export function toLower(text: string): string {
  return IS_ASCII.test(text) ? text.toLowerCase() : Array.from(text, lowerLetter).join('')
}

/** What OPA calls characters: a flag or a family of emoji is several. */
export function codePoints(text: string): readonly string[] {
  return Array.from(text)
}

export const IS_ASCII = /^[\0-\x7f]*$/

function upperLetter(letter: string): string {
  const upper = letter.toUpperCase()
  if (codePoints(upper).length === 1) return upper
  const point = letter.codePointAt(0) ?? 0
  return String.fromCodePoint(point + (withIota.get(point) ?? 0))
}

/** Greek vowels with an iota below: two letters in full upper case, one in the simple one. */
const withIota = new Map([
  ...[0x1f80, 0x1f90, 0x1fa0].flatMap((first) => Array.from({ length: 8 }, (_, i): [number, number] => [first + i, 8])),
  ...[0x1fb3, 0x1fc3, 0x1ff3].map((point): [number, number] => [point, 9]),
])

/** İ is the one letter whose full lower case is two. */
function lowerLetter(letter: string): string {
  return letter === 'İ' ? 'i' : letter.toLowerCase()
}
