/**
 * Whether the whole text matches: `*` any characters, `?` one, `\` takes the next literally. At most text × pattern steps.
 */
export function matchesGlob(text: string, pattern: string): boolean {
  const characters = Array.from(text)
  const tokens = tokensOf(pattern)
  if (tokens === null) return false
  let [at, token, star, resume] = [0, 0, -1, 0]
  while (at < characters.length) {
    if (tokens[token] === many) {
      star = token
      resume = at
      token += 1
    } else if (tokens[token] === one || (token < tokens.length && tokens[token] === characters[at])) {
      at += 1
      token += 1
    } else if (star >= 0) {
      token = star + 1
      resume += 1
      at = resume
    } else return false
  }
  return tokens.slice(token).every((rest) => rest === many)
}

const many = Symbol('any characters')
const one = Symbol('one character')

/** Null: the pattern ends in a backslash, which matches nothing. */
function tokensOf(pattern: string): readonly (string | symbol)[] | null {
  const tokens: (string | symbol)[] = []
  const characters = Array.from(pattern)
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? ''
    if (character === '*') tokens.push(many)
    else if (character === '?') tokens.push(one)
    else if (character !== '\\') tokens.push(character)
    else {
      at += 1
      const next = characters[at]
      if (next === undefined) return null
      tokens.push(next)
    }
  }
  return tokens
}
