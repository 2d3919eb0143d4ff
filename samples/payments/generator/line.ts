import type { Nanoseconds } from './clock.ts'

/** One line of an event file and the moment it belongs to, by which the lines are sorted. */
export type Line = { readonly at: Nanoseconds; readonly text: string }

type Value = string | number | bigint | boolean | null | readonly Value[] | { readonly [key: string]: Value | undefined }
export type Fields = Readonly<Record<string, Value | undefined>>

/** JSON on one line. A bigint becomes a plain integer with all its digits, as the sensors print nanoseconds. */
export function jsonLine(event: Fields): string {
  const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown }
  return JSON.stringify(event, (_key, value: unknown) => (typeof value === 'bigint' ? rawJSON(String(value)) : value))
}

/** Falco prints the members of its objects in alphabetical order. */
export function sorted(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))
}
