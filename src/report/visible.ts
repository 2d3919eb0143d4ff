/**
 * Characters that a reader cannot see, or that change how their neighbours are seen: control, format (bidi overrides, zero width),
 * unassigned halves of pairs, private use, unusual spaces, and the fifth and further mark stacked on one letter.
 */
const deceptive = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}|(?<=\p{M}{4})\p{M}/gu

/**
 * The text with every character that could lie about it written out, `U+202E` for a right-to-left override; `mark` says how the
 * code is set off. Total, and nothing else is changed: escaping for a format is its writer's work.
 */
export function visible(text: string, mark: (code: string) => string = (code) => `⟨${code}⟩`): string {
  return text.replaceAll(deceptive, (character) => mark(codeOf(character)))
}

/** Splits into plain pieces and written-out codes, for a format that can set the codes apart. */
export function visiblePieces(text: string): readonly { readonly text: string; readonly deceptive: boolean }[] {
  const pieces: { text: string; deceptive: boolean }[] = []
  let from = 0
  for (const match of text.matchAll(deceptive)) {
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), deceptive: false })
    pieces.push({ text: codeOf(match[0]), deceptive: true })
    from = match.index + match[0].length
  }
  if (from < text.length) pieces.push({ text: text.slice(from), deceptive: false })
  return pieces
}

/** At most `max` UTF-16 units, never half a pair, and how many were left out. */
export function clip(text: string, max: number): { readonly kept: string; readonly left: number } {
  if (text.length <= max) return { kept: text, left: 0 }
  const end = /[\uD800-\uDBFF]/.test(text.charAt(max - 1)) ? max - 1 : max
  return { kept: text.slice(0, end), left: text.length - end }
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
