import { RunproofError } from '../model/errors.ts'

/** More alternatives than a person would write; it bounds what one pattern with braces can become. */
const MAX_ALTERNATIVES = 256
/** Braces in one pattern, in or after one another: each one is a step of recursion. */
const MAX_BRACES = 64
/** For all patterns of one list together: a manifest may name 1000, each with a few alternatives. */
const MAX_EXPANDED = 10_000

export type PatternOptions = {
  /** `/` for paths: `*` and `?` stay within a segment, `**` does not. Null for names: `*` matches anything. */
  readonly separator?: '/' | null
}

/**
 * A test for "matches at least one of these": exact text, or a glob with `*`, `**`, `?` and `{a,b}`; `\` takes the next character
 * as it is. Time is bounded by pattern length times text length: no pattern can make it hang.
 * @throws RunproofError `format.malformed` for an unclosed brace or too many alternatives
 */
export function compilePatterns(
  patterns: readonly string[],
  { separator = '/' }: PatternOptions = {},
): (text: string) => boolean {
  const exact = new Set<string>()
  const globs: ((text: string) => boolean)[] = []
  for (const pattern of expandAll(patterns)) {
    const tokens = tokenize(pattern)
    if (tokens.every((token) => typeof token === 'string')) exact.add(tokens.join(''))
    else globs.push(matcherOf(tokens, separator))
  }
  const [only, ...others] = globs
  if (only && others.length === 0 && exact.size === 0) return only
  return (text) => exact.has(text) || globs.some((matches) => matches(text))
}

/** @throws RunproofError `format.malformed` when all of them together stand for too many */
export function expandAll(patterns: readonly string[]): readonly string[] {
  const expanded: string[] = []
  for (const pattern of patterns) {
    expanded.push(...expandBraces(pattern))
    if (expanded.length > MAX_EXPANDED)
      throw new RunproofError('format.malformed', `the patterns stand for more than ${MAX_EXPANDED} alternatives`)
  }
  return expanded
}

type Token = string | typeof ONE | typeof STAR | typeof GLOBSTAR | typeof FOLDERS | typeof IN_FOLDERS
const ONE = Symbol('?')
const STAR = Symbol('*')
const GLOBSTAR = Symbol('**')
/** A whole-segment `**` and its slash: no folder at all, or any number of them. The second token is "somewhere in their names". */
const FOLDERS = Symbol('**/')
const IN_FOLDERS = Symbol('**/…')

function tokenize(pattern: string): Token[] {
  const tokens: Token[] = []
  const characters = Array.from(pattern)
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? ''
    if (character === '\\' && i + 1 < characters.length) tokens.push(characters[++i] ?? '')
    else if (character === '?') tokens.push(ONE)
    else if (character === '*' && characters[i + 1] === '*') {
      const segmentStarts = i === 0 || characters[i - 1] === '/'
      while (characters[i + 1] === '*') i++
      if (segmentStarts && characters[i + 1] === '/') {
        i++
        tokens.push(FOLDERS, IN_FOLDERS)
      } else tokens.push(GLOBSTAR)
    } else if (character === '*') tokens.push(STAR)
    else tokens.push(character)
  }
  return tokens
}

/**
 * Simulates all ways to match at once (a set of positions in the pattern), so that there is nothing to backtrack over. Positions are
 * marks in an array: this runs for every pattern of every control and every path.
 */
function matcherOf(tokens: readonly Token[], separator: '/' | null): (text: string) => boolean {
  const wildAt = tokens.findIndex((token) => typeof token !== 'string')
  const prefix = tokens.slice(0, wildAt).join('')
  const rest = tokens.slice(wildAt)
  const [only, ...more] = rest
  // What most patterns end with: whatever follows.
  const takesAll = more.length === 0 && (only === GLOBSTAR || (only === STAR && separator === null))
  const codes = rest.map((token) => (typeof token === 'string' ? (token.codePointAt(0) ?? 0) : token))
  let [states, next] = [new Uint8Array(rest.length + 1), new Uint8Array(rest.length + 1)]
  return (text) => {
    if (!text.startsWith(prefix)) return false
    if (takesAll) return true
    states.fill(0)[0] = 1
    reach(codes, states)
    for (let at = prefix.length; at < text.length;) {
      const character = characterAt(text, at)
      at += character > 0xffff ? 2 : 1
      next.fill(0)
      if (!step(codes, states, character, character === SLASH && separator === '/', next)) return false
      reach(codes, next)
      ;[states, next] = [next, states]
    }
    return states[rest.length] === 1
  }
}

/**
 * As `codePointAt`, whose optimised form reads past the end of a slice that ends in half a character (V8 of Node 24): half a character there
 * must be itself, whatever lies behind it in memory.
 */
function characterAt(text: string, at: number): number {
  const unit = text.charCodeAt(at)
  if ((unit & 0xfc00) !== 0xd800 || at + 1 >= text.length) return unit
  const low = text.charCodeAt(at + 1)
  return (low & 0xfc00) === 0xdc00 ? ((unit & 0x3ff) << 10) + (low & 0x3ff) + 0x10000 : unit
}

const SLASH = 0x2f
/** A token with its character as a code point. */
type Code = number | Exclude<Token, string>

/** Marks where each position can go over the character; false when nowhere. */
function step(codes: readonly Code[], states: Uint8Array, character: number, isSeparator: boolean, next: Uint8Array): boolean {
  let goesOn = false
  for (let state = 0; state < codes.length; state++) {
    if (states[state] === 0) continue
    const code = codes[state]
    const stays = code === GLOBSTAR || code === IN_FOLDERS || (code === STAR && !isSeparator)
    const moves = code === character || (code === ONE && !isSeparator) || (code === IN_FOLDERS && character === SLASH)
    if (stays) next[state] = 1
    if (moves) next[state + 1] = 1
    goesOn ||= stays || moves
  }
  return goesOn
}

/** A wildcard may match nothing: whoever stands before one also stands behind it. */
function reach(codes: readonly Code[], states: Uint8Array): void {
  for (let state = 0; state < codes.length; state++) {
    if (states[state] === 0) continue
    const code = codes[state]
    if (code === STAR || code === GLOBSTAR) states[state + 1] = 1
    if (code === FOLDERS) states[state + 1] = states[state + 2] = 1
  }
}

/**
 * `a{b,c}d` → `abd`, `acd`; braces may nest.
 * @throws RunproofError `format.malformed`
 */
export function expandBraces(pattern: string): string[] {
  if (opened(pattern) > MAX_BRACES) {
    throw new RunproofError('format.malformed', `a pattern opens more than ${MAX_BRACES} braces`)
  }
  return alternatives(pattern)
}

/** How many braces a pattern opens: escaped ones are characters like any other. */
function opened(pattern: string): number {
  let count = 0
  for (let at = unescapedIndex(pattern, '{', 0); at >= 0; at = unescapedIndex(pattern, '{', at + 1)) count++
  return count
}

function alternatives(pattern: string): string[] {
  const open = unescapedIndex(pattern, '{', 0)
  if (open < 0) return [pattern]
  const parts: string[] = []
  let depth = 0
  let from = open + 1
  for (let i = open; i < pattern.length; i++) {
    const character = pattern[i]
    if (character === '\\') i++
    else if (character === '{') depth++
    else if (character === ',' && depth === 1) {
      parts.push(pattern.slice(from, i))
      from = i + 1
    } else if (character === '}' && --depth === 0) {
      parts.push(pattern.slice(from, i))
      const expanded = parts.flatMap((part) => alternatives(pattern.slice(0, open) + part + pattern.slice(i + 1)))
      if (expanded.length > MAX_ALTERNATIVES) {
        throw new RunproofError(
          'format.malformed',
          `pattern ${JSON.stringify(pattern)} stands for more than ${MAX_ALTERNATIVES} alternatives`,
        )
      }
      return expanded
    }
  }
  throw new RunproofError(
    'format.malformed',
    `pattern ${JSON.stringify(pattern)} opens a { that it does not close; write \\{ for the character`,
  )
}

function unescapedIndex(text: string, wanted: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === wanted) return i
  }
  return -1
}
