import type { Actual, ReaderType } from '../model/actual.ts'
import {
  answerIn,
  type Answer,
  type AnswerOf,
  type Bytes,
  type FactBundle,
  type FactKind,
  type PackagesFact,
  type Query,
  type QueryOf,
} from '../model/fact.ts'
import type { Dialect, Resource } from '../model/resource.ts'
import type { MatcherResult } from '../model/result.ts'
import type { GoMap, GoValue } from '../model/value.ts'

/** What the queries and the judging of a whole run have in common. */
export type Context = {
  readonly dialect: Dialect
  /** As `--package` says; null: whichever the host has. */
  readonly packageManager: PackagesFact['manager']
}

/** A resource and what it speaks of: its key, or the attribute that takes the key's place. */
export type Subject = { readonly resource: Resource; readonly name: string; readonly attributes: GoMap }

/** One thing that a resource asserts. Nothing is looked up before `actual` is called: what a gate skips costs nothing. */
export type Property = {
  /** goss's literal name. */
  readonly name: string
  /** Null: a required attribute that is missing. */
  readonly expected: GoValue
  readonly actual: () => Answer<Actual>
  /** What goss shows beside an error of something that it had opened before it could not be read; absent: nothing. */
  readonly shownWithError?: (error: string) => MatcherResult | null
}

/** A resource type: what is asked of a host, and what of the answers is held against which attribute. */
export type Kind = {
  /** The attribute that names another subject than the key does; null: the key is all there is. */
  readonly override: string | null
  /** Whether the id names the override beside the key. */
  readonly showsOverride: boolean
  /** Whether nothing more is judged once the first property does not pass, or is false. */
  readonly isGated: boolean
  readonly queries: (subject: Subject, context: Context) => readonly Query[]
  readonly properties: (subject: Subject, facts: Facts, context: Context) => readonly Property[]
}

export type Facts = Pick<FactBundle, 'facts' | 'endedAt'>

/** A panic of goss where its dialect is spoken: it prints a trace and ends with 2, and so do we. */
export class GossPanic extends Error {
  override readonly name = 'GossPanic'
}

/** The answer of one question with what is taken from it; an error stays one. */
export function pick<K extends FactKind>(
  facts: Facts,
  query: QueryOf<K>,
  take: (value: Extract<AnswerOf<K>, { value: unknown }>['value']) => Answer<Actual>,
): Answer<Actual> {
  const answer = answerIn(facts, query)
  return 'error' in answer ? answer : take(answer.value)
}

export function value(of: GoValue): Answer<Actual> {
  return { value: { kind: 'value', value: of } }
}

/** A list as the system gives it; null: Go's nil. */
export function list(values: readonly string[] | null): Answer<Actual> {
  return { value: { kind: 'strings', values } }
}

/** As Go has it where nothing was ever appended. */
export function nilIfEmpty(values: readonly string[]): readonly string[] | null {
  return values.length === 0 ? null : values
}

export function valueOf(answer: Answer<GoValue> | undefined): Answer<Actual> {
  if (answer === undefined) return { error: 'the collector did not answer this question' }
  return 'error' in answer ? answer : value(answer.value)
}

export function readerOf(answer: Answer<Bytes> | undefined, type: ReaderType = '*strings.Reader'): Answer<Actual> {
  if (answer === undefined) return { error: 'the collector did not answer this question' }
  return 'error' in answer ? answer : { value: { kind: 'reader', bytes: answer.value, type } }
}

/** The attribute, null where it is absent. */
export function attribute({ attributes }: Subject, name: string): GoValue {
  return attributes.get(name) ?? null
}

export function isGiven(subject: Subject, name: string): boolean {
  return attribute(subject, name) !== null
}

/**
 * Lines are matched while they are read, so to goss an error of reading is the matcher's. `isReading`: whether it is one, not of opening.
 */
export function whileReading(
  expected: GoValue,
  type: ReaderType,
  isReading: (error: string) => boolean,
): NonNullable<Property['shownWithError']> {
  return (error) =>
    Array.isArray(expected) && isReading(error) ? { actual: `object: ${type}`, message: 'to have patterns', expected } : null
}

/** goss's test for readers: an empty list asserts nothing, an empty text does. */
export function isAsserted(subject: Subject, name: string): boolean {
  const expected = attribute(subject, name)
  return Array.isArray(expected) ? expected.length > 0 : expected !== null
}

export function text(subject: Subject, name: string): string {
  return wordOf(attribute(subject, name))
}

/** A scalar as a text; the loader has refused anything else where a text is meant. */
export function wordOf(value: GoValue | undefined): string {
  if (typeof value === 'string') return value
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** Milliseconds; goss takes 0 for its default. */
export function milliseconds(subject: Subject, name: string, fallback: number): number {
  const given = Number(attribute(subject, name) ?? 0)
  return Number.isFinite(given) && given !== 0 ? given : fallback
}

export function flag(subject: Subject, name: string): boolean {
  return attribute(subject, name) === true
}

export function texts(subject: Subject, name: string): readonly string[] {
  const given = attribute(subject, name)
  return Array.isArray(given) ? given.map(wordOf) : []
}

/** The property of an attribute that must be there. */
export function required(subject: Subject, name: string, actual: () => Answer<Actual>, property = name): Property {
  return { name: property, expected: attribute(subject, name), actual }
}

/** The properties whose attributes are there, in the order of the rows. */
export function given(
  subject: Subject,
  rows: readonly (readonly [attribute: string, actual: () => Answer<Actual>, property?: string])[],
): readonly Property[] {
  return rows
    .filter(([name]) => isGiven(subject, name))
    .map(([name, actual, property = name]) => ({ name: property, expected: attribute(subject, name), actual }))
}
