import { RE2JS, RE2JSException } from 're2js'
import { CallError } from './fault.ts'
import { quoted } from './quote.ts'

const cache = new Map<string, RE2JS>()
const cacheSize = 200

/**
 * A regular expression of Go, which runs in linear time. `must`: as `regexp.MustCompile` panics.
 *
 * @throws CallError with Go's text
 */
export function compileOrFail(pattern: string, must = false): RE2JS {
  const known = cache.get(pattern)
  if (known !== undefined) return known
  try {
    const compiled = RE2JS.compile(pattern.toWellFormed())
    if (cache.size >= cacheSize) cache.clear()
    cache.set(pattern, compiled)
    return compiled
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    const { message } = error
    const text = message.endsWith('trailing backslash at end of expression') ? `${message}: \`\`` : message
    const shown = pattern.includes('`') ? quoted(pattern) : `\`${pattern}\``
    throw new CallError(must ? `regexp: Compile(${shown}): ${text}` : text, { cause: error })
  }
}
