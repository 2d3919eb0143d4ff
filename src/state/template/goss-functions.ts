import { createRequire } from 'node:module'
import { late } from '../../lib/late.ts'
import { CallError } from './fault.ts'
import { fixed, variadic, type Functions } from './functions.ts'
import type * as Regex from './regex.ts'

const load = createRequire(import.meta.url)
/** The engine is a quarter of a megabyte. */
const regex = late(() => load('./regex.ts') as typeof Regex)

/** The functions that goss adds, some of them over sprig's of the same name. */
export const gossFunctions: Functions = new Map([
  ['mkSlice', variadic('', 'any', (values) => [...values])],
  [
    'readFile',
    fixed('string', ([path], { readFile }) => {
      try {
        return readFile(path as string).trim()
      } catch (error) {
        throw new CallError((error as Error).message, { cause: error })
      }
    }),
  ],
  [
    'getEnv',
    variadic('string', 'string', ([name, fallback], { env }) => {
      const value = Object.hasOwn(env, name as string) ? (env[name as string] ?? '') : ''
      return value === '' && typeof fallback === 'string' ? fallback : value
    }),
  ],
  [
    'regexMatch',
    fixed('string string', ([pattern, text]) =>
      regex()
        .compileOrFail(pattern as string)
        .test(text as string),
    ),
  ],
  ['toUpper', fixed('string', ([text]) => (text as string).toUpperCase())],
  ['toLower', fixed('string', ([text]) => (text as string).toLowerCase())],
  [
    'findStringSubmatch',
    fixed('string string', ([pattern, text]) => {
      const compiled = regex().compileOrFail(pattern as string, true)
      const matcher = compiled.matcher(text as string)
      const all = new Map<string, string>()
      if (!matcher.find()) return all
      const named = new Map<string, string>()
      for (let at = 0; at <= compiled.groupCount(); at += 1) all.set(String(at), matcher.group(at) ?? '')
      for (const [name, at] of Object.entries(compiled.namedGroups())) named.set(name, matcher.group(at) ?? '')
      return named.size > 0 ? named : all
    }),
  ],
])
