import { z } from 'zod/mini'
import { RunproofError } from '../model/errors.ts'

/**
 * What the schema makes of outside data: only the fields that it names.
 * @throws RunproofError `format.malformed` naming each field that is wrong.
 */
export function shaped<T extends z.core.$ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const read = z.safeParse(schema, value)
  if (read.success) return read.data
  const faults = read.error.issues.slice(0, MAX_FAULTS).map(({ path, message }) => `${path.join('.') || 'value'}: ${message}`)
  throw new RunproofError('format.malformed', `not ${what}: ${faults.join('; ')}`)
}

/** A refusal is read by people; the rest of the faults show once these are mended. */
const MAX_FAULTS = 5

/** `orElse(schema, value)`: a field that may be absent. */
export const { _default: orElse } = z

/** A string with a limit, in UTF-16 units; the message names the limit. */
export function text(most: number, least = 0): z.ZodMiniString {
  return z
    .string('a string was expected')
    .check(z.minLength(least, `shorter than ${least} characters`), z.maxLength(most, `longer than ${most} characters`))
}

/** A list with a limit. */
export function list<T extends z.core.$ZodType>(item: T, most: number, least = 0): z.ZodMiniArray<T> {
  return z
    .array(item, 'a list was expected')
    .check(z.minLength(least, `fewer than ${least}`), z.maxLength(most, `more than ${most}`))
}
