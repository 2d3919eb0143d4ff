import { createRequire } from 'node:module'
import type * as Engine from 're2js'

/**
 * A regular expression in RE2 syntax, searched in linear time; `error`: it is none, in the words of Go's `regexp`. Text that is no UTF-8 is
 * searched as Go does, with U+FFFD in its place.
 */
export type RegularExpression = { readonly finds: (text: string) => boolean } | { readonly error: string }

/** Compiled ones are kept: the same expressions come back with every property, host and run. */
const known = new Map<string, RegularExpression>()
const MOST = 4096

/** Compiles it. Programs are kept to the same size as Go's, by the same rules. */
export function compile(pattern: string): RegularExpression {
  const found = known.get(pattern)
  if (found !== undefined) return found
  const made = compiled(pattern)
  if (known.size >= MOST) known.clear()
  known.set(pattern, made)
  return made
}

function compiled(pattern: string): RegularExpression {
  const { renamed, names } = renameTwins(pattern.toWellFormed())
  const { RE2JS, RE2JSException } = engine()
  try {
    const compiled = RE2JS.compile(renamed)
    return { finds: (text) => compiled.test(text.toWellFormed()) }
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    const message = error.message.replace(/(?<=<)twin(\d+)(?=>)/g, (twin, at: string) => names[Number(at)] ?? twin)
    return { error: message.endsWith('trailing backslash at end of expression') ? `${message}: \`\`` : message }
  }
}

/** A quarter of a megabyte, read when the first expression is: most checks have none. */
function engine(): typeof Engine {
  return load('re2js') as typeof Engine
}

const load = createRequire(import.meta.url)

/** Go lets two groups have one name, RE2JS does not; names change nothing that is found. `names`: what the renamed ones were called. */
function renameTwins(pattern: string): { readonly renamed: string; readonly names: readonly string[] } {
  const seen = new Set<string>()
  const names: string[] = []
  const renamed = pattern.replace(piece, (whole: string, name: string | undefined) => {
    if (name === undefined) return whole
    if (!seen.has(name)) {
      seen.add(name)
      return whole
    }
    names.push(name)
    return whole.replace(`<${name}>`, `<twin${names.length - 1}>`)
  })
  return { renamed, names }
}

/** What may look like a group and is none (escapes, literal stretches, classes), else the opening of a named group. */
const piece = /\\Q[^]*?(?:\\E|$)|\\[^]|\[\^?\]?(?:\[:\^?\w+:\]|\\[^]|[^\]\\])*\]|\(\?P?<(\w+)>/g
