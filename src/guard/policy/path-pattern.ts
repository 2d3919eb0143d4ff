import { expandBraces } from '../../../core/patterns/glob.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Matching } from './model.ts'

/** What one entry of a list of paths stands for: any of its forms. */
export type PathForm =
  | { readonly kind: 'exact'; readonly text: string }
  /** Everything that starts with the text. */
  | { readonly kind: 'prefix'; readonly text: string }
  /** The text, then what the tokens say, up to the end. The first token is no character. */
  | { readonly kind: 'glob'; readonly text: string; readonly tokens: readonly Token[] }

export type Token =
  | { readonly kind: 'char'; readonly code: number }
  /** One character but `/`. */
  | { readonly kind: 'one' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [from: number, to: number])[] }
  /** Any characters but `/`. */
  | { readonly kind: 'star' }
  /** Any characters. */
  | { readonly kind: 'globstar' }
  /** No folder, or any number of them, each with its slash. */
  | { readonly kind: 'folders' }
  /** Whatever follows; always the last one. */
  | { readonly kind: 'rest' }

/**
 * The forms of an entry of `allowed_exec`, `allowed_files` or `blocked_files`. What an entry may say and means in each matching is in
 * docs/formats/guard-policy.md; in `compat` every text means something.
 * @throws RunproofError `format.malformed` with what is wrong, and a fix after the first semicolon
 */
export function pathForms(entry: string, matching: Matching): readonly PathForm[] {
  return matching === 'compat' ? [compatForm(entry)] : expanded(entry).flatMap(strictForms)
}

/** A final star takes the slash before it along and is cut off; what is left is the start of a text, whatever follows. */
function compatForm(entry: string): PathForm {
  if (entry.endsWith('/*')) return { kind: 'prefix', text: entry.slice(0, -2) }
  if (entry.endsWith('*')) return { kind: 'prefix', text: entry.slice(0, -1) }
  return { kind: 'exact', text: entry }
}

function expanded(entry: string): readonly string[] {
  if (entry === '') throw malformed('is empty', 'write a path, or remove the line')
  if (!entry.isWellFormed()) throw malformed('has half a character (a lone surrogate)', 'write the whole character')
  try {
    return expandBraces(entry)
  } catch (error) {
    throw error instanceof RunproofError ? malformed(error.message, 'write the alternatives as entries of their own') : error
  }
}

function strictForms(pattern: string): readonly PathForm[] {
  if (pattern === '') throw malformed('has an alternative that is empty', 'write the alternatives as entries of their own')
  checkSegments(pattern)
  const folder = pattern.endsWith('/') && !pattern.endsWith('\\/')
  const body = folder ? pattern.slice(0, -1) : pattern
  if (body === '') return [{ kind: 'prefix', text: '/' }]
  const tokens = tokenize(body)
  // A name alone is that name in any folder.
  const anywhere: readonly Token[] = body.includes('/') || isRest(tokens) ? tokens : [{ kind: 'folders' }, ...tokens]
  return folder ? [formOf(anywhere), formOf([...anywhere, SLASH_TOKEN, { kind: 'rest' }])] : [formOf(withRest(anywhere))]
}

/** Paths are normalised before they are compared: an entry that is not would never match. */
function checkSegments(pattern: string): void {
  if (pattern.includes('/') && !/^(?:\/|\*\*)/.test(pattern) && pattern.indexOf('/') !== pattern.length - 1)
    throw malformed('is a relative path', `start it with / or, for any folder, with **/: **/${pattern}`)
  if (pattern.includes('//')) throw malformed('has an empty folder name (//)', `write ${pattern.replaceAll(/\/{2,}/g, '/')}`)
  if (/(?:^|\/)\.\.?(?:\/|$)/.test(pattern))
    throw malformed('has a . or .. in it, and paths are compared without', 'write the path that is meant')
}

function tokenize(pattern: string): Token[] {
  const tokens: Token[] = []
  const characters = Array.from(pattern)
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? ''
    if (character === '\\') {
      const taken = characters[++i]
      if (taken === undefined) throw malformed('ends with a backslash', 'write \\\\ for the character')
      tokens.push(charToken(taken))
    } else if (character === '?') tokens.push({ kind: 'one' })
    else if (character === '[') i = readClass(characters, i, tokens)
    else if (character === '*' && characters[i + 1] === '*') i = readStars(characters, i, tokens)
    else tokens.push(character === '*' ? { kind: 'star' } : charToken(character))
  }
  return tokens
}

/** `**` as a whole folder name, with its slash, is any number of folders; elsewhere it is any characters. */
function readStars(characters: readonly string[], start: number, tokens: Token[]): number {
  const segmentStarts = start === 0 || characters[start - 1] === '/'
  let i = start
  while (characters[i + 1] === '*') i++
  if (!segmentStarts || characters[i + 1] !== '/') {
    tokens.push({ kind: 'globstar' })
    return i
  }
  tokens.push({ kind: 'folders' })
  return i + 1
}

/** `[abc]`, `[a-z]`, `[!a-z]` or `[^a-z]`; a `]` at the start is the character. Returns where it closes. */
function readClass(characters: readonly string[], open: number, tokens: Token[]): number {
  const negated = characters[open + 1] === '!' || characters[open + 1] === '^'
  const first = open + (negated ? 2 : 1)
  const ranges: [number, number][] = []
  for (let i = first; i < characters.length; i++) {
    if (characters[i] === ']' && i > first) {
      tokens.push({ kind: 'class', negated, ranges })
      return i
    }
    if (characters[i] === '[' && characters[i + 1] === ':')
      throw malformed('has a named class ([:…:])', 'write its characters: [a-z]')
    const [from, afterFrom] = classCharacter(characters, i)
    const isRange = characters[afterFrom] === '-' && characters[afterFrom + 1] !== undefined && characters[afterFrom + 1] !== ']'
    const [to, after] = isRange ? classCharacter(characters, afterFrom + 1) : [from, afterFrom]
    if (to < from) throw malformed('has a range that ends before it starts', 'write the lower character first: [a-z]')
    if (from === SLASH || to === SLASH) throw malformed('has a / in a class, which no class matches', 'write the / outside of it')
    ranges.push([from, to])
    i = after - 1
  }
  throw malformed('opens a [ that it does not close', 'close it, or write \\[ for the character')
}

function classCharacter(characters: readonly string[], at: number): readonly [code: number, next: number] {
  const escaped = characters[at] === '\\' && characters[at + 1] !== undefined
  return [characters[escaped ? at + 1 : at]?.codePointAt(0) ?? 0, at + (escaped ? 2 : 1)]
}

/** A star at the end stands for whatever follows, through folders too: `/etc/ssh/*` is all that lies in it. */
function withRest(tokens: readonly Token[]): readonly Token[] {
  const last = tokens.at(-1)?.kind
  return last === 'star' || last === 'globstar' ? [...tokens.slice(0, -1), { kind: 'rest' }] : tokens
}

function isRest(tokens: readonly Token[]): boolean {
  return tokens.length === 1 && (tokens[0]?.kind === 'star' || tokens[0]?.kind === 'globstar')
}

function formOf(tokens: readonly Token[]): PathForm {
  const found = tokens.findIndex(({ kind }) => kind !== 'char')
  const wild = found < 0 ? tokens.length : found
  const text = tokens
    .slice(0, wild)
    .map((token) => (token.kind === 'char' ? String.fromCodePoint(token.code) : ''))
    .join('')
  const rest = tokens.slice(wild)
  if (rest.length === 0) return { kind: 'exact', text }
  return rest[0]?.kind === 'rest' ? { kind: 'prefix', text } : { kind: 'glob', text, tokens: rest }
}

function charToken(character: string): Token {
  return { kind: 'char', code: character.codePointAt(0) ?? 0 }
}

function malformed(what: string, fix: string): RunproofError {
  return new RunproofError('format.malformed', `${what}; ${fix}`)
}

const SLASH = 0x2f
const SLASH_TOKEN: Token = { kind: 'char', code: SLASH }
