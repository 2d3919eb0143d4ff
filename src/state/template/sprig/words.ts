const connector = /^[-_\s]$/u

type Word = { readonly kind: 'number' | 'upper' | 'alphabet' | 'connector' | 'punctuation' | 'other'; readonly text: string }

/** `some_words-here` → `SomeWordsHere`; a run of capitals becomes one word. */
export function camelCase(text: string): string {
  const characters = Array.from(text)
  let at = 0
  let out = ''
  while (at < characters.length && connector.test(characters[at] ?? '')) out += characters[at++]
  if (at >= characters.length) return out
  let current = characters[at] ?? ''
  let isAfterUpper = isUpper(current)
  current = current.toUpperCase()
  for (const next of characters.slice(at + 1)) {
    const previous = current
    current = next
    if (connector.test(previous)) {
      if (connector.test(current)) out += previous
      else {
        isAfterUpper = isUpper(current)
        current = current.toUpperCase()
      }
      continue
    }
    if (isAfterUpper && isUpper(current)) current = current.toLowerCase()
    else isAfterUpper = false
    out += previous
  }
  return out + current
}

/** `HTTPStatusCode` → `http_status_code`; digits stay with the word before them, unless letters in lower case follow. */
export function connectedCase(text: string, mark: string): string {
  const words = wordsOf(text)
  let out = ''
  let at = 0
  const write = (word: Word | undefined) => {
    if (word !== undefined) out += word.kind === 'connector' ? mark.repeat(Array.from(word.text).length) : word.text.toLowerCase()
  }
  const is = (index: number, ...kinds: readonly string[]) => kinds.includes(words[index]?.kind ?? 'none')
  const isSeparate = (index: number) => index < words.length && !is(index, 'connector', 'punctuation')
  const absorb = () => {
    while (is(at, 'alphabet', 'number')) write(words[at++])
    if (isSeparate(at)) out += mark
  }
  while (at < words.length - 1) {
    const word = words[at]
    if (word?.kind !== 'connector') write(word)
    at += 1
    if (word?.kind === 'number') absorb()
    else if (word?.kind === 'connector') write(word)
    else if (word?.kind !== 'punctuation') {
      if (!is(at, 'number')) {
        if (isSeparate(at)) out += mark
      } else if (at + 1 < words.length) {
        const number = words[at]
        at += 1
        if (is(at, 'alphabet')) {
          out += mark
          write(number)
          absorb()
        } else {
          write(number)
          if (isSeparate(at)) out += mark
        }
      }
    }
  }
  write(words[at])
  return out
}

/** A run of capitals before a small letter leaves its last one to the next word. */
const wordForm =
  /[-_\s]+|\p{P}+|\p{Lu}+(?!\p{Ll})|\p{Lu}\p{L}?[\p{Ll}\p{Lo}\p{Lm}]*|[\p{Ll}\p{Lo}\p{Lm}]+|\p{N}+|[^-_\s\p{P}\p{L}\p{N}]+/gu

function wordsOf(text: string): readonly Word[] {
  return [...text.matchAll(wordForm)].map(([word]) => ({ kind: kindOf(word), text: word }))
}

function kindOf(word: string): Word['kind'] {
  if (/^[-_\s]/u.test(word)) return 'connector'
  if (/^\p{P}/u.test(word)) return 'punctuation'
  if (/^\p{N}/u.test(word)) return 'number'
  if (/^\p{Lu}+$/u.test(word)) return 'upper'
  return /^\p{L}/u.test(word) ? 'alphabet' : 'other'
}

function isUpper(character: string): boolean {
  return /^\p{Lu}$/u.test(character)
}
