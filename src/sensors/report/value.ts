import type { Field } from '../fields.ts'

/** Longer values are cut where they become tags; more of one need not be printed. */
const MOST = 4000

/** A value of a report as one line; null where there is none. */
export function valueText(value: Field): string | null {
  if (value === undefined || value === null) return null
  const text =
    typeof value === 'string'
      ? value
      : JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? String(member) : member))
  return text.slice(0, MOST).toWellFormed()
}
