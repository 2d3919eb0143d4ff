import type { Dialect } from '../model/resource.ts'
import type { GoValue } from '../model/value.ts'
import { describe } from './describe.ts'
import { cannot, verdict, type Match } from './matcher.ts'
import { compile } from './regular-expression.ts'
import { byteLength } from './text.ts'

/** A line of this many bytes or more is more than goss reads. */
export const longestLine = 1_048_576

/** One line pattern. `isInverse`: no line may match. */
export type Pattern = { readonly text: string; readonly isInverse: boolean; readonly matches: (line: string) => boolean }

/** What `[]` of patterns found in a text; both lists null where goss has none to show. */
export type Found = {
  readonly match: Match
  readonly missing: readonly string[] | null
  readonly found: readonly string[] | null
}

/**
 * The patterns of a list, by goss's rules: `/…/` is a regular expression, a leading `!` turns it round, of anything else the leading `\`, `/`
 * and `!` fall away. In our own dialect the closing `/` may be followed by the flags i, m and s. A text: why they are none.
 */
export function parsePatterns(elements: readonly GoValue[], dialect: Dialect): readonly Pattern[] | string {
  const texts: string[] = []
  for (const element of elements) {
    if (typeof element !== 'string') return `HavePatterns matcher expects patterns to be a string. got: \n${describe(element)}`
    texts.push(element)
  }
  const patterns: Pattern[] = []
  for (const text of texts) {
    const pattern = parsePattern(text, dialect)
    if (typeof pattern === 'string') return pattern
    patterns.push(pattern)
  }
  return patterns
}

/** Reads the text line by line until every pattern is decided. */
export function findPatterns(patterns: readonly Pattern[], text: string): Found {
  const found: Pattern[] = []
  let open = [...patterns]
  for (const line of linesOf(text)) {
    if (line === null) return { match: cannot('bufio.Scanner: token too long'), missing: null, found: null }
    const hits = open.filter((pattern) => pattern.matches(line))
    if (hits.length === 0) continue
    found.push(...hits.filter((pattern) => !pattern.isInverse))
    open = open.filter((pattern) => !hits.includes(pattern))
    if (open.length === 0) break
  }
  found.push(...open.filter((pattern) => pattern.isInverse || pattern.text === ''))
  return report(patterns, found)
}

function report(patterns: readonly Pattern[], found: readonly Pattern[]): Found {
  const texts = found.map(({ text }) => text)
  const missing = patterns.map(({ text }) => text).filter((text) => !texts.includes(text))
  const isMatch = patterns.length === found.length
  return {
    match: verdict(isMatch),
    missing: isMatch || missing.length === 0 ? null : missing,
    found: texts.length === 0 ? null : texts,
  }
}

/** Every line without its end; null: one is too long. */
function* linesOf(text: string): Generator<string | null> {
  for (let start = 0; start < text.length;) {
    const feed = text.indexOf('\n', start)
    const end = feed === -1 ? text.length : feed
    const line = text.slice(start, end)
    if (line.length * 3 >= longestLine && byteLength(line) >= longestLine) {
      yield null
      return
    }
    yield line.endsWith('\r') ? line.slice(0, -1) : line
    start = end + 1
  }
}

function parsePattern(text: string, dialect: Dialect): Pattern | string {
  const isInverse = text.startsWith('!')
  const bare = isInverse ? text.slice(1) : text
  const flagged = dialect === 'runproof' ? /^\/([^]+)\/([ims]+)$/.exec(bare) : null
  if (flagged !== null) return expression(text, isInverse, `(?${flagged[2]})${flagged[1]}`)
  if (!bare.startsWith('/') || !bare.endsWith('/')) return literal(text, isInverse)
  // goss crashes here; a pattern that cannot be read is no pattern that passes.
  if (bare === '/') return `the pattern ${JSON.stringify(text)} opens a regular expression and does not close it`
  return expression(text, isInverse, bare.slice(1, -1))
}

function literal(text: string, isInverse: boolean): Pattern {
  const searched = text.replace(/^[\\/!]+/, '')
  return { text, isInverse, matches: (line) => line.includes(searched) }
}

function expression(text: string, isInverse: boolean, pattern: string): Pattern | string {
  const compiled = compile(pattern)
  return 'error' in compiled ? compiled.error : { text, isInverse, matches: compiled.finds }
}
