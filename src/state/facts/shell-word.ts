/** A word that every POSIX shell reads back byte for byte, whatever it holds but NUL. @throws TypeError for a NUL */
export function quoted(text: string): string {
  if (text.includes('\0')) throw new TypeError('no shell word holds a NUL byte')
  return `'${text.replaceAll("'", `'\\''`)}'`
}

export function quotedAll(words: readonly string[]): string {
  return words.map(quoted).join(' ')
}
