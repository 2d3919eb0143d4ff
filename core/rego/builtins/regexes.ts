import { RE2JS, RE2JSException } from 're2js'
import type { Run } from '../machine.ts'
import { any, BuiltinError, type BuiltinFunction, integer, type Operands, string, Unsupported } from './builtin.ts'
import { expand } from './regex-template.ts'
import { room } from './text-limit.ts'

/** Go's RE2 syntax and rules. RE2 never backtracks: a match takes at most text × pattern steps, which is what it costs here. */
export type Regex = {
  readonly source: string
  readonly matcher: (text: string) => ReturnType<RE2JS['matcher']>
  readonly size: number
  readonly names: ReadonlyMap<string, number>
}
/** Where a match and its groups are: start and end of each, -1 for a group that took no part. */
type Match = readonly number[]

export const match: BuiltinFunction = (operands, run) => matches(compiled(string(operands, 0), run), string(operands, 1), run)

/** Whether the pattern is anywhere in the text. */
export function matches(regex: Regex, text: string, run: Run): boolean {
  pay(regex, text.length, run)
  return regex.matcher(text).find()
}

export const isValid: BuiltinFunction = (operands, run) => {
  const pattern = any(operands, 0)
  if (typeof pattern !== 'string') return false
  try {
    compiled(pattern, run)
    return true
  } catch (cause) {
    if (cause instanceof BuiltinError) return false
    throw cause
  }
}

/** The first n matches; all when n is negative. */
export const find: BuiltinFunction = (operands, run) => {
  const [text, all] = [string(operands, 1), matchesOf(operands, run, integer(operands, 2))]
  return all.map((found) => group(text, found, 0))
}

/** The same with the groups of each; a group that took no part is empty. */
export const findSubmatches: BuiltinFunction = (operands, run) => {
  const [text, all] = [string(operands, 1), matchesOf(operands, run, integer(operands, 2))]
  return all.map((found) => Array.from({ length: found.length / 2 }, (_, i) => group(text, found, i)))
}

export const split: BuiltinFunction = (operands, run) => {
  const [pattern, text] = [string(operands, 0), string(operands, 1)]
  if (pattern !== '' && text === '') return ['']
  const parts: string[] = []
  let [start, end] = [0, 0]
  for (const [from = 0, to = 0] of matchesOf(operands, run, -1)) {
    end = from
    if (to !== 0) parts.push(text.slice(start, end))
    start = to
  }
  if (end !== text.length) parts.push(text.slice(start))
  return parts
}

/** `$1` and `${name}` in the replacement stand for groups, `$$` for a dollar. */
export const replace: BuiltinFunction = (operands, run) => {
  const [text, pattern, template] = [string(operands, 0), string(operands, 1), string(operands, 2)]
  const regex = compiled(pattern, run)
  const matcher = regex.matcher(text)
  let [result, copied, searched] = ['', 0, 0]
  while (searched <= text.length) {
    const found = next(regex, matcher, text, searched, run)
    if (!found) break
    const [from = 0, to = 0] = found
    result += text.slice(copied, from)
    // Not for an empty match right behind another one.
    if (to > copied || from === 0)
      result += expand(template, regex.names, (i) => (2 * i < found.length ? group(text, found, i) : ''))
    room(run, result.length)
    copied = to
    searched = Math.max(to, searched + widthAt(text, searched))
  }
  return result + text.slice(copied)
}

/** Text in which parts between the delimiters are patterns: `urn:foo:{.*}`. The whole text must match. */
export const templateMatch: BuiltinFunction = (operands, run) => {
  const [template, text] = [string(operands, 0), string(operands, 1)]
  const [start, end] = [delimiter(operands, 2, 'start'), delimiter(operands, 3, 'end')]
  const regex = compiled(templatePattern(template, start, end, run), run)
  pay(regex, text.length, run)
  return regex.matcher(text).find()
}

function templatePattern(template: string, start: string, end: string, run: Run): string {
  let [pattern, level, literal, open] = ['^', 0, 0, 0]
  for (let i = 0; i < template.length; i++) {
    if (template[i] === start) {
      if (++level === 1) open = i
    } else if (template[i] === end) {
      if (--level < 0) throw unbalanced(template)
      if (level > 0) continue
      const inner = template.slice(open + 1, i)
      compiled(`^${inner}$`, run)
      pattern += `${RE2JS.quote(template.slice(literal, open))}(${inner})`
      literal = i + 1
    }
  }
  if (level !== 0) throw unbalanced(template)
  return `${pattern}${RE2JS.quote(template.slice(literal))}$`
}

function unbalanced(template: string): BuiltinError {
  return new BuiltinError(`unbalanced braces in ${JSON.stringify(template.slice(0, 60))}`)
}

function delimiter(operands: Operands, position: number, which: string): string {
  const text = string(operands, position)
  if (new TextEncoder().encode(text).length !== 1)
    throw new BuiltinError(`${which} delimiter has to be exactly one character long`)
  return text
}

/** Longer patterns are refused: compiling takes time and memory before any step is counted. */
const MAX_PATTERN = 10_000
const STEPS_PER_CHARACTER = 4

/** @throws BuiltinError for what is no RE2 pattern. */
export function compiled(pattern: string, run: Run): Regex {
  return run.once('regex', pattern, () => {
    if (pattern.length > MAX_PATTERN) throw new BuiltinError(`a regular expression longer than ${MAX_PATTERN} characters`)
    run.spend(pattern.length * STEPS_PER_CHARACTER)
    try {
      const regex = RE2JS.compile(pattern)
      run.spend(regex.programSize())
      return {
        source: pattern,
        matcher: (text) => regex.matcher(text),
        size: regex.programSize(),
        names: new Map(Object.entries(regex.namedGroups())),
      }
    } catch (cause) {
      if (cause instanceof RE2JSException && cause.message.includes('duplicate capture group')) {
        throw new Unsupported('a name for two groups of a regular expression', { cause })
      }
      throw cause instanceof RE2JSException ? new BuiltinError(cause.message.slice(0, 200), { cause }) : cause
    }
  })
}

const RUNES_PER_STEP = 8

function pay({ size }: Regex, length: number, run: Run): void {
  run.spend(1 + Math.ceil((length * size) / RUNES_PER_STEP))
}

/** All matches from left to right, as Go finds them: no empty one right behind another. */
function matchesOf(operands: Operands, run: Run, limit: number): readonly Match[] {
  const [regex, text] = [compiled(string(operands, 0), run), string(operands, 1)]
  const matcher = regex.matcher(text)
  const all: Match[] = []
  let [at, before] = [0, -1]
  const most = limit < 0 ? Infinity : limit
  while (at <= text.length && all.length < most) {
    const found = next(regex, matcher, text, at, run)
    if (!found) break
    const [from = 0, to = 0] = found
    if (to !== at || from !== before) all.push(found)
    at = to === at ? at + widthAt(text, at) : to
    before = to
  }
  return all
}

function next(regex: Regex, matcher: ReturnType<RE2JS['matcher']>, text: string, from: number, run: Run): Match | null {
  pay(regex, text.length - from, run)
  if (!matcher.find(from)) return null
  return Array.from({ length: 2 * (matcher.groupCount() + 1) }, (_, i) =>
    i % 2 === 0 ? matcher.start(i >> 1) : matcher.end(i >> 1),
  )
}

function group(text: string, found: Match, index: number): string {
  const from = found[2 * index] ?? -1
  return from < 0 ? '' : text.slice(from, found[2 * index + 1])
}

function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
}
