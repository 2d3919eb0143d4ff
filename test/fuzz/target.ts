import { RunproofError } from '../../core/model/errors.ts'
import type { Random } from './random.ts'

/** Makes another input out of one; `others` are all inputs kept so far, to splice from. */
export type Mutate = (input: Uint8Array, random: Random, others: readonly Uint8Array[]) => Uint8Array

/**
 * One reader of outside data. `check` resolves to what became of the input (a word or two for the tally) and throws for everything
 * that must not happen; a documented refusal is an outcome.
 */
export type Prepared = {
  readonly seeds: readonly Uint8Array[]
  readonly mutate: Mutate
  readonly check: (input: Uint8Array) => Promise<string> | string
}

export type Target = {
  readonly name: string
  /** Inputs in the tests' bounded run: fewer where each costs more. */
  readonly quick: number
  readonly prepare: () => Promise<Prepared> | Prepared
}

/** A property that does not hold; the message says which. */
export class Broken extends Error {
  override readonly name = 'Broken'
}

export function holds(condition: boolean, property: string): asserts condition {
  if (!condition) throw new Broken(property)
}

export type Attempt<T> = { readonly value: T; readonly refused: null } | { readonly refused: string }

/** What a reader made of it, or the code of its refusal. Anything but a RunproofError goes on: it is a bug. */
export function attempt<T>(read: () => T): Attempt<T> {
  try {
    return { value: read(), refused: null }
  } catch (error) {
    return { refused: refusalOf(error) }
  }
}

export async function attemptAsync<T>(read: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await read(), refused: null }
  } catch (error) {
    return { refused: refusalOf(error) }
  }
}

/** A refusal whose cause is a slip in our own code is no refusal. */
function refusalOf(error: unknown): string {
  if (!(error instanceof RunproofError)) throw error
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    if (isSlip(cause)) throw new Broken(`a refusal hides a bug: ${cause.stack ?? cause.message}`, { cause })
  }
  return `refused ${error.code}`
}

/** Errors that the language throws at a mistake in a program; those of Node's own readers carry a code. */
export function isSlip(error: Error): boolean {
  return (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError) && !('code' in error)
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Lenient: what is no UTF-8 becomes U+FFFD. For readers that take text. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}
