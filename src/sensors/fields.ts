import type { JsonObject } from './connector.ts'

/** What a field of an event may hold once it was parsed. */
export type Field = JsonObject[string] | undefined

/** A text that says something; null for anything else. */
export function textOf(value: Field): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** An object; null for anything else. */
export function objectOf(value: Field): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

/** The items of a list; none for anything else. */
export function listOf(value: Field): readonly Field[] {
  return Array.isArray(value) ? (value as readonly Field[]) : []
}

const wholeNumber = /^-?\d{1,19}$/

/** A whole number that a double holds exactly, also written as text (protojson, older Falco); null for anything else. */
export function integerOf(value: Field): number | null {
  const number =
    typeof value === 'string' && wholeNumber.test(value) ? Number(value) : typeof value === 'bigint' ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null
}

/** A whole number that cannot be negative: a count, a process id. */
export function countOf(value: Field): number | null {
  const number = integerOf(value)
  return number !== null && number >= 0 ? number : null
}

/** Nanoseconds since 1970; null unless they are known to the last digit. */
export function nanosOf(value: Field): bigint | null {
  if (typeof value === 'bigint') return value
  if (typeof value === 'string' && wholeNumber.test(value)) return BigInt(value)
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : null
}

/** A TCP or UDP port; null for anything else, and for 0, which is no service. */
export function portOf(value: Field): number | null {
  const port = integerOf(value)
  return port !== null && port > 0 && port < 65_536 ? port : null
}

/** A user id; null when unset: the kernel's -1, which is 4294967295 unsigned. */
export function uidOf(value: Field): number | null {
  const uid = countOf(value)
  return uid === 4_294_967_295 ? null : uid
}
