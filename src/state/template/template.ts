import { createRequire } from 'node:module'
import { late } from '../../lib/late.ts'
import { typedAs, type GoMap, type GoValue } from '../model/value.ts'
import { builtins } from './builtins.ts'
import { execute } from './execute.ts'
import { TemplateError } from './fault.ts'
import type { Surroundings, TemplateFunction } from './functions.ts'
import { gossFunctions } from './goss-functions.ts'
import { parseTemplate, rootName } from './parse.ts'
import type * as Sprig from './sprig/sprig.ts'

export { TemplateError } from './fault.ts'

export type TemplateOptions = Surroundings & { readonly vars: GoMap }

const load = createRequire(import.meta.url)
const sprig = late(() => load('./sprig/sprig.ts') as typeof Sprig)

/**
 * A function of a gossfile's template: goss's own, Go's but for `slice`, and sprig's, which no template of most gossfiles names. No name is
 * in two of them.
 */
export function templateFunction(name: string): TemplateFunction | undefined {
  return gossFunctions.get(name) ?? builtins.get(name) ?? sprig().sprigFunctions.get(name)
}

/**
 * Runs a gossfile's template: Go's `text/template` with `missingkey=error`, `.Vars`, `.Env` and the functions of sprig and goss.
 * In time linear in what it prints, and within limits.
 *
 * @throws TemplateError with Go's text
 */
export function renderTemplate(text: string, options: TemplateOptions): string {
  if (!text.includes('{{')) return text
  const data = { kind: 'data' as const, vars: options.vars, env: environmentOf(options.env) }
  try {
    const trees = parseTemplate(text, (name) => templateFunction(name) !== undefined)
    return execute(text, trees, templateFunction, data, options)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    // A value that holds itself, which `set` can make; or a text longer than any may be.
    const what = error.message.includes('call stack') ? 'too deeply nested' : 'the result is too long'
    throw new TemplateError(`template: ${rootName}: ${what}`, null, null, { cause: error })
  }
}

/** One environment for all the files of a suite: no template can change it. */
const environments = new WeakMap<object, GoMap>()

function environmentOf(env: Surroundings['env']): GoMap {
  const known = environments.get(env)
  if (known !== undefined) return known
  const made = typedAs(new Map<string, GoValue>(Object.entries(env)), 'map[string]string')
  environments.set(env, made)
  return made
}
