import { z } from 'zod/mini'
import { RunproofError } from '../model/errors.ts'
import { fromUtf8, utf8 } from './bytes.ts'
import { type JsonValue, jcs } from './jcs.ts'
import { parseJson } from './json.ts'
import { list, orElse, shaped, text } from './shape.ts'

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
export const DSSE_PAYLOAD_TYPE = 'application/vnd.in-toto+json'

export type Subject = { readonly name: string; readonly sha256: string }
export type Statement = {
  readonly subject: readonly Subject[]
  readonly predicateType: string
  readonly predicate: { readonly [key: string]: JsonValue }
}

/** A report and the images it speaks of; an application with more images is judged in parts. */
export const MAX_SUBJECTS = 1024
/** An image reference: host 253, repository 255, digest 71. */
export const MAX_SUBJECT_NAME = 1024
/** URIs of ours have under 80 characters. */
export const MAX_PREDICATE_TYPE = 512

/** The payload to sign: in-toto Statement v1 as RFC 8785 bytes. @throws RunproofError as `readStatement`. */
export function statementBytes({ subject, predicateType, predicate }: Statement): Uint8Array {
  const subjects = subject.map(({ name, sha256 }) => ({ name, digest: { sha256 } }))
  const payload = utf8(jcs({ _type: STATEMENT_TYPE, subject: subjects, predicateType, predicate }))
  readStatement(payload, predicateType)
  return payload
}

/**
 * A verified payload as a statement about things named by their SHA-256; other digests are dropped. Which things they are, and
 * what the predicate holds, is for the caller to check: no Sigstore library compares a subject with anything.
 * @throws RunproofError `format.malformed` (not strict JSON, another type, no subject, a subject without SHA-256).
 */
export function readStatement(payload: Uint8Array, expectedPredicateType: string): Statement {
  const statement = shaped(StatementJson, parseJson(fromUtf8(payload)), 'an in-toto statement')
  const { subject, predicateType, predicate } = statement
  if (predicateType !== expectedPredicateType) {
    throw new RunproofError('format.malformed', `the predicate type is ${predicateType}, not ${expectedPredicateType}`)
  }
  return { subject: subject.map(({ name, digest }) => ({ name, sha256: digest.sha256 })), predicateType, predicate }
}

const StatementJson = z.object(
  {
    _type: z.literal(STATEMENT_TYPE, `only ${STATEMENT_TYPE}`),
    subject: list(
      z.object({
        name: orElse(text(MAX_SUBJECT_NAME), ''),
        digest: z.object({ sha256: text(64).check(z.regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits were expected')) }),
      }),
      MAX_SUBJECTS,
      1,
    ),
    predicateType: text(MAX_PREDICATE_TYPE, 1),
    predicate: z.custom<{ readonly [key: string]: JsonValue }>(isObject, 'an object was expected'),
  },
  'an object was expected',
)

/** What `parseJson` read stays as it is: a schema of records would copy it and lose a member called `__proto__`. */
function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
