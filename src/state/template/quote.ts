const shortEscapes = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
])
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** Text in double quotes as Go's `strconv.Quote` writes it; `ascii`: everything else escaped. */
export function quoted(text: string, ascii = false): string {
  let out = '"'
  for (const character of text) out += escaped(character, '"', ascii)
  return `${out}"`
}

/** One character in single quotes, as `%q` prints a number. */
export function quotedRune(code: number, ascii = false): string {
  return `'${escaped(runeOf(code), "'", ascii)}'`
}

/** The character of a code point; what is none is U+FFFD. */
export function runeOf(code: number): string {
  const isValid = code >= 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
  return isValid ? String.fromCodePoint(code) : '\ufffd'
}

export function isPrintable(character: string): boolean {
  return printable.test(character)
}

function escaped(character: string, quote: string, ascii: boolean): string {
  if (character === quote) return `\\${quote}`
  const short = shortEscapes.get(character)
  if (short !== undefined) return short
  const code = character.codePointAt(0) ?? 0
  if (isPrintable(character) && (!ascii || code < 0x80)) return character
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}
