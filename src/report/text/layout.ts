import { visible } from '../visible.ts'

/** Colours for a terminal; with `off` the text is left as it is. */
export type Paint = (text: string, style: Style) => string
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'magenta' | 'cyan'

const codes: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, magenta: 35, cyan: 36 }

/** Puts the escape codes of a style around a text, or nothing when there is no colour. */
export function painter(colour: boolean): Paint {
  return colour ? (text, style) => `\u001B[${codes[style]}m${text}\u001B[0m` : (text) => text
}

/** Text of the report as a terminal may print it: no escape sequence, no line break, nothing that reorders. */
export function safe(text: string): string {
  return visible(text, (code) => `<${code}>`)
}

const wide =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\uFF01-\uFF60\u3000-\u303F]/u

/** Columns that the text takes: marks on letters take none, East Asian letters and emoji two. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += /\p{M}/u.test(character) ? 0 : wide.test(character) ? 2 : 1
  return width
}

/** Fills up to `width` columns with spaces, at the start for numbers. */
export function pad(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const fill = ' '.repeat(Math.max(0, width - widthOf(text)))
  return side === 'left' ? fill + text : text + fill
}

/** Lines of at most `width` columns, broken at spaces, and inside a word only where one is longer than a line. */
export function wrap(text: string, width: number): readonly string[] {
  const room = Math.max(4, width)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((one) => pieces(one, room))) {
    const longer = line === '' ? word : `${line} ${word}`
    if (widthOf(longer) <= room) line = longer
    else {
      if (line !== '') lines.push(line)
      line = word
    }
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line]
}

/** Wrapped below a first line that starts with `lead`; the others are indented by as much. */
export function hanging(lead: string, text: string, columns: number): readonly string[] {
  const indent = widthOf(lead)
  return wrap(text, columns - indent).map((line, index) => (index === 0 ? lead : ' '.repeat(indent)) + line)
}

/** A word that is longer than a line: cut after a separator where one is near the end, else where the line ends. */
function pieces(word: string, room: number): readonly string[] {
  const parts: string[] = []
  let part = ''
  for (const character of word) {
    if (widthOf(part) + widthOf(character) > room) {
      const kept = /^.{8,}[-./_:@]/s.exec(part)?.[0] ?? part
      parts.push(kept)
      part = part.slice(kept.length)
    }
    part += character
  }
  return [...parts, part]
}
