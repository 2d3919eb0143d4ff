import { RunproofError } from '../../../core/model/errors.ts'
import { utf8 } from '../../../core/proof/bytes.ts'
import { type JsonValue, jcs } from '../../../core/proof/jcs.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import type { FactBundle } from '../model/fact.ts'
import { bundleProblem } from './bundle-shape.ts'

/** In UTF-16 units. One host's answers are a few hundred KiB; contents of files and outputs make them large. */
export const MAX_BUNDLE_LENGTH = 256 * 1024 * 1024

export const FACTS_PAYLOAD_TYPE = 'application/vnd.runproof.facts.v1+json'
const STATEMENT_TYPE = 'https://runproof.dev/facts/v1'

/**
 * The bundle's one spelling: canonical JSON, RFC 8785, and a newline.
 * @throws RunproofError `format.too_large`; `format.malformed` for a lone surrogate in a question
 */
export function writeBundle(bundle: FactBundle): string {
  const text = jcs(bundle as unknown as JsonValue)
  if (text.length > MAX_BUNDLE_LENGTH) {
    throw new RunproofError(
      'format.too_large',
      `a fact bundle of ${text.length} characters; at most ${MAX_BUNDLE_LENGTH} are kept`,
    )
  }
  return `${text}\n`
}

/** What `writeBundle` wrote, checked to its last member. @throws RunproofError `format.malformed`, `format.too_large` */
export function readBundle(text: string): FactBundle {
  const value = parseJson(text, { maxLength: MAX_BUNDLE_LENGTH + 1 })
  const problem = bundleProblem(value)
  if (problem !== null) throw new RunproofError('format.malformed', `not a fact bundle: ${problem}`)
  return value as unknown as FactBundle
}

/** SHA-256 of the canonical JSON, without the newline: 64 hex digits. */
export function bundleDigest(bundle: FactBundle): string {
  return sha256Hex(jcs(bundle as unknown as JsonValue))
}

/**
 * What is signed for a bundle: a DSSE payload that names it by its digest, so that a signature stays small and its verifier reads the
 * bundle only once. Payload type: `FACTS_PAYLOAD_TYPE`.
 */
export function factsPayload(bundle: FactBundle): Uint8Array {
  const { target, startedAt, endedAt, facts } = bundle
  const questions = Object.keys(facts).length
  return utf8(jcs({ type: STATEMENT_TYPE, target, startedAt, endedAt, questions, sha256: bundleDigest(bundle) }))
}
