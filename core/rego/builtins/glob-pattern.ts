import type { Meter } from '../compare.ts'
import { codePoints } from './letters.ts'

export class GlobError extends Error {
  override readonly name = 'GlobError'
}

/** One character of the text that fits, or any number of them. */
type Atom = { readonly fits: (letter: string) => boolean; readonly repeats: boolean }
type Node = Atom | { readonly choices: readonly (readonly Node[])[] }

/**
 * OPA's globs: `*` and `?` stop at delimiters, `**` does not; `[abc]`, `[!abc]`, `[a-z]`, `{one,two*}` (nested too), `\` quotes.
 * Matching follows all possibilities at once and never goes back, so that it takes at most text × pattern steps whatever is asked.
 * @throws GlobError for a pattern that is not well formed, or too large.
 */
export function compileGlob(pattern: string, delimiters: string): (text: string, meter: Meter) => boolean {
  if (!/[*?\\[\]{}]/.test(pattern)) return (text) => text === pattern
  const separators = new Set(delimiters)
  const parser: Parser = {
    letters: codePoints(pattern),
    at: 0,
    one: { fits: (letter) => !separators.has(letter), repeats: false },
    many: { fits: (letter) => !separators.has(letter), repeats: true },
  }
  if (parser.letters.length > MAX_PATTERN) throw new GlobError(`a pattern longer than ${MAX_PATTERN} characters`)
  const machine = assembled(parseSequence(parser, 0))
  return (text, meter) => accepts(machine, codePoints(text), meter)
}

const MAX_PATTERN = 4096
const MAX_BRACES = 20

type Parser = { readonly letters: readonly string[]; readonly one: Atom; readonly many: Atom; at: number }

/** Up to the end, or inside braces to the `,` or `}` that ends this choice. */
function parseSequence(parser: Parser, depth: number): readonly Node[] {
  const nodes: Node[] = []
  for (;;) {
    const letter = parser.letters[parser.at]
    if (letter === undefined || (depth > 0 && (letter === ',' || letter === '}'))) return nodes
    parser.at++
    nodes.push(parseNode(parser, letter, depth))
  }
}

function parseNode(parser: Parser, letter: string, depth: number): Node {
  switch (letter) {
    case '*': {
      if (parser.letters[parser.at] !== '*') return parser.many
      parser.at++
      return anything
    }
    case '?':
      return parser.one
    case '[':
      return parseClass(parser)
    case '{':
      return parseChoices(parser, depth + 1)
    case '\\':
      return literal(taken(parser, 'trailing backslash'))
    default:
      return literal(letter)
  }
}

const anything: Atom = { fits: () => true, repeats: true }

function literal(wanted: string): Atom {
  return { fits: (letter) => letter === wanted, repeats: false }
}

function parseChoices(parser: Parser, depth: number): Node {
  if (depth > MAX_BRACES) throw new GlobError(`braces nested deeper than ${MAX_BRACES}`)
  const choices: (readonly Node[])[] = []
  for (;;) {
    choices.push(parseSequence(parser, depth))
    if (taken(parser, 'unclosed `{`') === '}') return { choices }
  }
}

/** Either one range or a list of letters; a hyphen means a range only as second letter. */
function parseClass(parser: Parser): Atom {
  const negated = parser.letters[parser.at] === '!'
  if (negated) parser.at++
  const belongs = parser.letters[parser.at + 1] === '-' ? parseRange(parser) : parseLetters(parser)
  if (taken(parser, 'unclosed `[`') !== ']') throw new GlobError('`]` expected after a range')
  return { fits: (letter) => belongs(letter) !== negated, repeats: false }
}

function parseRange(parser: Parser): Atom['fits'] {
  const low = pointOf(taken(parser, 'unclosed `[`'))
  parser.at++
  const high = pointOf(taken(parser, 'unclosed `[`'))
  if (high < low) throw new GlobError('a range that ends before it begins')
  return (letter) => pointOf(letter) >= low && pointOf(letter) <= high
}

function parseLetters(parser: Parser): Atom['fits'] {
  const letters = new Set<string>()
  while (parser.letters[parser.at] !== ']') {
    const letter = taken(parser, 'unclosed `[`')
    letters.add(letter === '\\' ? taken(parser, 'trailing backslash') : letter)
  }
  if (letters.size === 0) throw new GlobError('an empty character class')
  return (letter) => letters.has(letter)
}

function pointOf(letter: string): number {
  return letter.codePointAt(0) ?? 0
}

function taken(parser: Parser, otherwise: string): string {
  const letter = parser.letters[parser.at]
  if (letter === undefined) throw new GlobError(otherwise)
  parser.at++
  return letter
}

/** A state waits for a letter (`atom`) and then is `next`; states without an atom only fork. The last state accepts. */
type State = { readonly atom: Atom | null; readonly next: readonly number[] }

function assembled(sequence: readonly Node[]): readonly State[] {
  const states: State[] = [{ atom: null, next: [] }]
  // Built from the end, so that what follows is always known; index 0 accepts and the last one starts.
  const before = (nodes: readonly Node[], after: number): number => {
    let entry = after
    for (const node of nodes.toReversed()) {
      if ('choices' in node) {
        const following = entry
        const next = node.choices.map((choice) => before(choice, following))
        entry = states.push({ atom: null, next }) - 1
      } else {
        entry = states.push({ atom: node, next: [entry] }) - 1
      }
    }
    return entry
  }
  const start = before(sequence, 0)
  states.push({ atom: null, next: [start] })
  return states
}

function accepts(states: readonly State[], letters: readonly string[], meter: Meter): boolean {
  let active = new Set<number>()
  enter(states, states.length - 1, active)
  for (const letter of letters) {
    meter.spend(active.size)
    const following = new Set<number>()
    for (const index of active) {
      const state = states[index]
      if (!state?.atom?.fits(letter)) continue
      for (const next of state.atom.repeats ? [index] : state.next) enter(states, next, following)
    }
    if (following.size === 0) return false
    active = following
  }
  return active.has(0)
}

/** Forks are taken at once, and so is the way past something that may repeat zero times. */
function enter(states: readonly State[], index: number, active: Set<number>): void {
  if (active.has(index)) return
  active.add(index)
  const state = states[index]
  if (!state || (state.atom && !state.atom.repeats)) return
  for (const next of state.next) enter(states, next, active)
}
