import { RunproofError } from '../../core/model/errors.ts'

/** Exactly `names.length` positional arguments; the last may be left out where `or` says what it is then. */
export function positional(
  positionals: readonly string[],
  names: readonly string[],
  usage: string,
  or?: string,
): readonly string[] {
  const given = positionals.length === names.length - 1 && or !== undefined ? [...positionals, or] : positionals
  if (given.length === names.length) return given
  const what =
    given.length < names.length
      ? `${names[given.length] ?? 'an argument'} is missing`
      : `${JSON.stringify(given[names.length])} is too much`
  throw new RunproofError('usage', `${what}; usage: ${usage}`)
}

/** The value of an option that must be there. */
export function required(value: string | undefined, option: string, usage: string): string {
  if (value === undefined || value.trim() === '') throw new RunproofError('usage', `${option} is missing; usage: ${usage}`)
  return value
}

/** `1 control`, `2 controls`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
