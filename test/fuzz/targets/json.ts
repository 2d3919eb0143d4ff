import { isDeepStrictEqual } from 'node:util'
import canonicalize from 'canonicalize'
import { jcs, type JsonValue } from '../../../core/proof/jcs.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { mutateJson } from '../mutate.ts'
import { filesOf, vectorsOf } from '../seeds.ts'
import { attempt, bytesOf, holds, textOf, type Target } from '../target.ts'

const seeds = (): readonly Uint8Array[] => [
  ...vectorsOf<{ input: { text: string } }>('proof/json').map(({ input }) => bytesOf(input.text)),
  ...filesOf('vectors/{judge,proof/jcs}/*.json'),
]

/** Strict JSON: never more than the native parser takes, never another value, and what is written is read back. */
export const jsonTarget: Target = {
  name: 'json',
  quick: 800,
  prepare: () => ({
    seeds: seeds(),
    mutate: mutateJson,
    check(input) {
      const text = textOf(input)
      const read = attempt(() => parseJson(text))
      if (read.refused !== null) return read.refused
      const native = withoutMinusZero(JSON.parse(text))
      if (!isDeepStrictEqual(read.value, native)) {
        holds(isMisread(text, native), 'the native parser reads another value')
        return 'accepted; the native parser is wrong'
      }
      const written = jcs(read.value)
      holds(isDeepStrictEqual(parseJson(written), read.value), 'what is written is read back as another value')
      holds(jcs(parseJson(written)) === written, 'what is written is not canonical')
      return 'accepted'
    },
  }),
}

/** RFC 8785: the same bytes as another implementation of it, or a refusal. */
export const jcsTarget: Target = {
  name: 'jcs',
  quick: 800,
  prepare: () => ({
    seeds: seeds(),
    mutate: mutateJson,
    check(input) {
      const value = nativeValue(textOf(input))
      if (value === undefined) return 'no JSON'
      const written = attempt(() => jcs(value))
      if (written.refused !== null) return written.refused
      holds(written.value === canonicalize(value), 'another implementation writes it otherwise')
      return 'accepted'
    },
  }),
}

/**
 * V8 13.6 takes a key with an escape for one that it saw at the same place before, when that one is how the escaped key starts in the
 * text: behind `{"a":1,"\\":2}` it reads `{"a":1,"\u0041":2}` as if it were the first.
 */
function isMisread(text: string, native: unknown): boolean {
  return /\\[^\n]*"\s*:/.test(text) && /\\\\[^"]*":/.test(JSON.stringify(native))
}

function nativeValue(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

/** Ours reads -0 as 0. */
function withoutMinusZero(value: unknown): unknown {
  if (value === 0) return 0
  if (Array.isArray(value)) return value.map(withoutMinusZero)
  if (typeof value !== 'object' || value === null) return value
  const copy = {}
  for (const [key, member] of Object.entries(value))
    Object.defineProperty(copy, key, { value: withoutMinusZero(member), enumerable: true, configurable: true, writable: true })
  return copy
}
