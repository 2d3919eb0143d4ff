import { parseArgs, type ParseArgsConfig } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Dialect } from '../../state/model/resource.ts'
import type { PackagesFact } from '../../state/model/fact.ts'
import type { Io } from '../command.ts'

/** What stands before or behind the subcommand, as goss's users write it, with what the environment says where nothing does. */
export type Globals = {
  readonly dialect: Dialect
  readonly gossfile: string
  readonly vars: readonly string[]
  readonly varsInline: string
  readonly packageManager: PackagesFact['manager']
  readonly logLevel: string
}

type Spec = NonNullable<ParseArgsConfig['options']>
type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

const globals = {
  gossfile: { type: 'string', short: 'g' },
  vars: { type: 'string', multiple: true },
  'vars-inline': { type: 'string' },
  package: { type: 'string' },
  'log-level': { type: 'string', short: 'L' },
  loglevel: { type: 'string' },
  'goss-compat': { type: 'boolean' },
} as const satisfies Spec

/** The options that goss has before its subcommand; there `-l` is the log level. */
const leading = { ...globals, level: { type: 'string', short: 'l' } } as const satisfies Spec

/** Splits `[global options] SUBCOMMAND rest`. */
export function split(argv: readonly string[]): {
  readonly before: readonly string[]
  readonly name: string
  readonly rest: readonly string[]
} {
  let at = 0
  while (at < argv.length && argv[at]?.startsWith('-') && argv[at] !== '-') at += takesNext(argv[at] ?? '') ? 2 : 1
  return { before: argv.slice(0, at), name: argv[at] ?? '', rest: argv.slice(at + 1) }
}

function takesNext(argument: string): boolean {
  return argument !== '--goss-compat' && !argument.includes('=') && (argument.startsWith('--') || argument.length === 2)
}

export type Read = { readonly globals: Globals; readonly values: Values; readonly positionals: readonly string[] }

/** Reads both halves of the command line; what stands behind the subcommand wins. @throws RunproofError `usage` */
export function read(before: readonly string[], rest: readonly string[], own: Spec, io: Io): Read {
  const first = parseArgs({ args: [...before], options: leading }).values as Values
  const { values, positionals } = parseArgs({ args: [...rest], options: { ...globals, ...own }, allowPositionals: true })
  const all: Values = { ...first, ...(values as Values) }
  return { globals: globalsOf(all, io), values: all, positionals }
}

function globalsOf(values: Values, { env }: Io): Globals {
  const dialect: Dialect = values['goss-compat'] === true ? 'goss' : 'runproof'
  return {
    dialect,
    gossfile: text(values['gossfile']) ?? env['GOSS_FILE'] ?? './goss.yaml',
    vars: list(values['vars']) ?? (env['GOSS_VARS'] ? [env['GOSS_VARS']] : []),
    varsInline: text(values['vars-inline']) ?? env['GOSS_VARS_INLINE'] ?? '',
    packageManager: managerOf(text(values['package']) ?? '', dialect),
    logLevel: text(values['log-level']) ?? text(values['loglevel']) ?? text(values['level']) ?? env['GOSS_LOGLEVEL'] ?? 'INFO',
  }
}

const managers = ['dpkg', 'rpm', 'apk', 'pacman'] as const

/** goss takes any other word, its own documentation's `deb` among them, for "whichever there is". */
function managerOf(name: string, dialect: Dialect): PackagesFact['manager'] {
  const known = managers.find((manager) => manager === name)
  if (known !== undefined || name === '' || dialect === 'goss') return known ?? null
  throw new RunproofError('usage', `--package ${JSON.stringify(name)} is none of: ${managers.join(', ')}`)
}

export function text(value: Values[string]): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function list(value: Values[string]): readonly string[] | undefined {
  return Array.isArray(value) ? value.map(String) : undefined
}

/** Values that may be given more than once, and with commas. */
export function words(value: Values[string], env: string | undefined): readonly string[] {
  return (list(value) ?? (env ? [env] : [])).flatMap((one) => one.split(',')).filter((one) => one !== '')
}

export function isSet(value: Values[string], env: string | undefined): boolean {
  return value === true || (value === undefined && ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(env ?? ''))
}

/** Milliseconds of a duration as Go writes one: `1m30s`, `500ms`. @throws RunproofError `usage` */
export function duration(written: string, option: string): number {
  if (written === '0') return 0
  const units: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(written))
    throw new RunproofError('usage', `${option} ${JSON.stringify(written)} is not a duration; write 500ms, 10s or 1m30s`)
  let sum = 0
  for (const [, amount = '', unit = ''] of written.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(amount) * (units[unit] ?? 0)
  return sum
}

/** A whole number above zero. @throws RunproofError `usage` */
export function count(written: string, option: string): number {
  if (/^\d+$/.test(written) && Number(written) > 0) return Number(written)
  throw new RunproofError(
    'usage',
    `${option} ${JSON.stringify(written)} is not a number above 0: with none, nothing would be checked`,
  )
}
