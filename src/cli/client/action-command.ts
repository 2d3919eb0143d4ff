import { parseArgs } from 'node:util'
import { z } from 'zod/mini'
import { RunproofError } from '../../../core/model/errors.ts'
import { visibleText } from '../../lib/visible-text.ts'
import type { Action } from '../../actions/action.ts'
import { EXIT, type Command, type Io } from '../command.ts'
import { table } from '../table.ts'
import { connect, connectionHelp, connectionOptions } from './connection.ts'

type AnyAction = Action<never>
type Field = { readonly name: string; readonly flag: string; readonly schema: FieldSchema; readonly isRequired: boolean }
type FieldSchema = {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly items?: FieldSchema
  readonly default?: unknown
  readonly description?: string
}

/** The command of a noun (`runproof report …`), made from the acts that have it: flags, help and output follow from their schemas. */
export function nounCommand(noun: string, summary: string, actions: readonly AnyAction[]): Command {
  const verbs = new Map(actions.flatMap((action) => (action.command?.[0] === noun ? [[action.command[1], action] as const] : [])))
  return {
    name: noun,
    summary,
    help: helpOf(noun, summary, verbs),
    async run([verb = '', ...rest], io) {
      const action = verbs.get(verb)
      if (action) return runAction(action, rest, io)
      throw new RunproofError(
        'usage',
        `${verb === '' ? 'a subcommand is missing' : `there is no subcommand ${JSON.stringify(verb)}`}; one of: ${[...verbs.keys()].join(', ')}`,
      )
    },
  }
}

/** One act over the network, from flags to table. */
export async function runAction(action: AnyAction, argv: readonly string[], io: Io): Promise<number> {
  const fields = fieldsOf(action)
  const options = {
    ...connectionOptions,
    json: { type: 'boolean' },
    ...Object.fromEntries(fields.map(({ flag, schema }) => [flag, optionOf(schema)])),
  } as const
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const given = new Map<string, unknown>()
  // What stands in the path may be given without its flag: `runproof case show 7`.
  const inPath = [...action.path.matchAll(/:(\w+)/g)].map(([, name]) => name)
  if (positionals.length > inPath.length)
    throw new RunproofError('usage', `${JSON.stringify(positionals[inPath.length])} is too much`)
  positionals.forEach((value, index) => given.set(inPath[index] ?? '', value))
  for (const { name, flag, schema } of fields) {
    const value = (values as Readonly<Record<string, unknown>>)[flag]
    if (value !== undefined) given.set(name, typed(schema, value))
  }
  for (const { name, flag, isRequired } of fields) {
    if (isRequired && !given.has(name)) throw new RunproofError('usage', `--${flag} is missing`)
  }
  const path = action.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(given.get(name))))
  const rest = [...given].filter(([name]) => !inPath.includes(name))
  const { bytes } = await connect(values, io).ask({
    method: action.method,
    path,
    ...(action.method === 'GET'
      ? { query: Object.fromEntries(rest.map(([name, value]) => [name, String(value)])) }
      : { body: Object.fromEntries(rest) }),
  })
  const answer: unknown = JSON.parse(new TextDecoder().decode(bytes))
  if (values.json === true) io.out(JSON.stringify(answer))
  else for (const line of shown(answer)) io.out(line)
  return EXIT.ok
}

function fieldsOf({ input, path }: AnyAction): readonly Field[] {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as {
    readonly properties?: Readonly<Record<string, FieldSchema>>
    readonly required?: readonly string[]
  }
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    flag: name.replaceAll('_', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    schema: field,
    isRequired: path.includes(`:${name}`) || (schema.required ?? []).includes(name),
  }))
}

function optionOf({ type }: FieldSchema): { readonly type: 'string' | 'boolean'; readonly multiple?: true } {
  if (type === 'boolean') return { type: 'boolean' }
  return type === 'array' ? { type: 'string', multiple: true } : { type: 'string' }
}

function typed({ type, items }: FieldSchema, value: unknown): unknown {
  if (type === 'integer' || type === 'number') return Number(value)
  if (type === 'array' && Array.isArray(value) && items?.type === 'object') return value.map((one) => parsedOr(String(one)))
  return value
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RunproofError('usage', `${JSON.stringify(text)} is no JSON object`)
  }
}

/** A list as a table, everything else as names and values. */
function shown(answer: unknown): readonly string[] {
  if (answer === null || typeof answer !== 'object') return [visibleText(String(answer))]
  const lines: string[] = []
  for (const [name, value] of Object.entries(answer)) {
    if (Array.isArray(value) && value.length > 0 && value.every((one) => one !== null && typeof one === 'object')) {
      const columns = Object.keys(value[0] as object)
      lines.push(
        ...table(
          columns.map((column) => column.replaceAll('_', ' ')),
          value.map((row) => columns.map((column) => inTable((row as Record<string, unknown>)[column]))),
        ),
      )
    } else if (Array.isArray(value) && value.length === 0) lines.push(`no ${name.replaceAll('_', ' ')}`)
    else if (name === 'next') {
      if (value !== null) lines.push(`there is more: --before ${cell(value)}`)
    } else lines.push(`${name.replaceAll('_', ' ').padEnd(20)} ${visibleText(cell(value))}`)
  }
  return lines
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** In a table a digest names a thing well enough by its beginning; `--json` has all of it. */
function inTable(value: unknown): string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? `${value.slice(0, 12)}…` : cell(value)
}

function helpOf(noun: string, summary: string, verbs: ReadonlyMap<string, AnyAction>): string {
  const parts = [...verbs].map(([verb, action]) => {
    const flags = fieldsOf(action).map(
      ({ flag, schema, isRequired }) =>
        `      --${flag}${schema.type === 'boolean' ? '' : ' …'}${isRequired ? '  (needed)' : ''}${aboutOf(schema)}`,
    )
    return [`  ${verb}: ${action.summary}`, `      permission ${action.permission}`, ...flags].join('\n')
  })
  const first = [...verbs.keys()][0] ?? ''
  return [
    `runproof ${noun}: ${summary}`,
    '',
    `usage: runproof ${noun} <${[...verbs.keys()].join('|')}> [options]`,
    '',
    ...parts,
    '',
    connectionHelp,
    '  --json             print the answer as it came',
    '',
    'examples:',
    `  runproof ${noun} ${first} --server https://runproof.example --token-file ~/runproof.token`,
    `  runproof ${noun} ${first} --json`,
    '',
    'exit codes: 0 done, 3 the service refused or does not answer, 64 wrong usage',
  ].join('\n')
}

function aboutOf({ enum: words, default: fallback, description }: FieldSchema): string {
  const about = [
    ...(words ? [words.join(', ')] : []),
    ...(description === undefined ? [] : [description]),
    ...(fallback === undefined ? [] : [`default ${JSON.stringify(fallback)}`]),
  ].join('; ')
  return about === '' ? '' : `   ${about}`
}
