import { RunproofError } from '../../../core/model/errors.ts'
import type { Dialect } from '../model/resource.ts'

export const formats = [
  'documentation',
  'json',
  'junit',
  'nagios',
  'prometheus',
  'rspecish',
  'silent',
  'structured',
  'tap',
] as const
export type Format = (typeof formats)[number]

export const formatOptions = ['exclude_raw', 'perfdata', 'pretty', 'sort', 'verbose'] as const
export type FormatOption = (typeof formatOptions)[number]

/** How results are written. `colour`: with the escapes of a terminal. */
export type Style = {
  readonly perfdata: boolean
  readonly verbose: boolean
  readonly pretty: boolean
  readonly sort: boolean
  readonly excludeRaw: boolean
  readonly colour: boolean
}

export const plainStyle: Style = { perfdata: false, verbose: false, pretty: false, sort: false, excludeRaw: false, colour: false }

/**
 * The format of that name.
 * @throws RunproofError `usage` in goss's words, exit code 1 there
 */
export function parseFormat(name: string): Format {
  const known = formats.find((format) => format === name)
  if (known !== undefined) return known
  throw new RunproofError('usage', `bad output format: ${name}; one of: ${formats.join(', ')}`)
}

/**
 * What `--format-options` (each may be several, parted by commas) and the environment ask for. goss passes over an option that it does not
 * know; we refuse it, because a misspelt one is an output that nobody asked for.
 * @throws RunproofError `usage` for an unknown option in our own dialect
 */
export function parseStyle(options: readonly string[], colour: boolean, dialect: Dialect): Style {
  const given = options.flatMap((option) => option.split(',')).map((option) => option.trim())
  for (const option of given)
    if (dialect === 'runproof' && option !== '' && !(formatOptions as readonly string[]).includes(option))
      throw new RunproofError('usage', `unknown format option: ${option}; one of: ${formatOptions.join(', ')}`)
  return {
    perfdata: given.includes('perfdata'),
    verbose: given.includes('verbose'),
    pretty: given.includes('pretty'),
    sort: given.includes('sort'),
    excludeRaw: given.includes('exclude_raw'),
    colour,
  }
}

/**
 * Whether to colour: `--color` and `--no-color` first (the refusal wins), then GOSS_COLOR, GOSS_NOCOLOR and NO_COLOR, then whether a
 * terminal reads it.
 */
export function wantsColour(
  flags: { readonly color?: boolean | undefined; readonly noColor?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (flags.noColor === true || isSet(env['GOSS_NOCOLOR'])) return false
  if (flags.color === true || isSet(env['GOSS_COLOR'])) return true
  return isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && /^(1|t|true)$/i.test(value)
}

const colours = { green: 32, red: 31, yellow: 33 } as const

/** Text in a colour, if colours are wanted. */
export function paint(text: string, colour: keyof typeof colours, { colour: isWanted }: Pick<Style, 'colour'>): string {
  return isWanted ? `\u001b[${colours[colour]}m${text}\u001b[0m` : text
}
