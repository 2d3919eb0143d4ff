import { typedAs, type GoMap, type GoValue } from '../model/value.ts'
import { builtins } from './builtins.ts'
import { execute } from './execute.ts'
import { TemplateError } from './fault.ts'
import type { Functions, Surroundings } from './functions.ts'
import { gossFunctions } from './goss-functions.ts'
import { parseTemplate, rootName } from './parse.ts'
import { sprigFunctions } from './sprig/sprig.ts'

export { TemplateError } from './fault.ts'

export type TemplateOptions = Surroundings & { readonly vars: GoMap }

/** Every function of a gossfile's template: Go's, over them sprig's, over them goss's own. */
export const templateFunctions: Functions = new Map([...builtins, ...sprigFunctions, ...gossFunctions])

/**
 * Runs a gossfile's template: Go's `text/template` with `missingkey=error`, `.Vars`, `.Env` and the functions of sprig and goss.
 * In time linear in what it prints, and within limits.
 *
 * @throws TemplateError with Go's text
 */
export function renderTemplate(text: string, options: TemplateOptions): string {
  if (!text.includes('{{')) return text
  const env = new Map(Object.entries(options.env).map(([name, value]): [string, GoValue] => [name, value]))
  const data = { kind: 'data' as const, vars: options.vars, env: typedAs(env, 'map[string]string') }
  try {
    const trees = parseTemplate(text, (name) => templateFunctions.has(name))
    return execute(text, trees, templateFunctions, data, options)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    // A value that holds itself, which `set` can make; or a text longer than any may be.
    const what = error.message.includes('call stack') ? 'too deeply nested' : 'the result is too long'
    throw new TemplateError(`template: ${rootName}: ${what}`, null, null, { cause: error })
  }
}
