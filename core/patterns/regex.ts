import { RE2JS, RE2JSException } from 're2js'
import { RunproofError } from '../model/errors.ts'

/** What one pattern may cost: its text, the program that it compiles to, and how often (and over how much) it is searched in one text. */
export const regexLimits = { length: 512, program: 500, matches: 256, searched: 1_048_576 } as const

/** Where something begins and ends, in UTF-16 units: `[start, end)`. */
export type Span = { readonly start: number; readonly end: number }

/** A regular expression from outside, in RE2 syntax. */
export type Regex = {
  /** Whether it matches the whole text. */
  readonly covers: (text: string) => boolean
  /** From left to right, what the group `secret` matched, else the whole match; null: more often than the limit, whatever it matched. */
  readonly spans: (text: string) => readonly Span[] | null
}

/**
 * Compiles a regular expression that somebody else wrote. It never backtracks: a search takes at most text × program steps, and one
 * text is searched a limited number of times.
 * @throws RunproofError `format.malformed` for what is no RE2 pattern, is too long, or matches the empty text
 */
export function compileRegex(pattern: string): Regex {
  const compiled = compile(pattern)
  const hasSecret = Object.hasOwn(compiled.namedGroups(), 'secret')
  return {
    covers: (text) => compiled.matches(text),
    spans(text) {
      const matcher = compiled.matcher(text)
      const most = Math.min(regexLimits.matches, Math.ceil(regexLimits.searched / Math.max(1, text.length)))
      const spans: Span[] = []
      for (let found = 0; matcher.find(); found++) {
        if (found >= most) return null
        const group = hasSecret && matcher.start('secret') >= 0 ? 'secret' : 0
        const span = { start: matcher.start(group), end: matcher.end(group) }
        if (span.end > span.start) spans.push(span)
      }
      return spans
    },
  }
}

function compile(pattern: string): RE2JS {
  const refuse = (why: string, cause?: unknown): RunproofError => new RunproofError('format.malformed', why, { cause })
  if (pattern.length > regexLimits.length) throw refuse(`it is longer than ${regexLimits.length} characters`)
  const compiled = parsed(pattern, refuse)
  if (compiled.programSize() > regexLimits.program)
    throw refuse(`it is too large: its repetitions stand for ${compiled.programSize()} steps, at most ${regexLimits.program}`)
  if (compiled.matches('')) throw refuse('it matches the empty text')
  return compiled
}

function parsed(pattern: string, refuse: (why: string, cause: unknown) => RunproofError): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause
    throw refuse(cause.message.replace(/^error parsing regexp: /, '').slice(0, 200), cause)
  }
}
