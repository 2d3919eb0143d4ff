import {
  CONFIRMATION_PREDICATE,
  ConfirmationSchema,
  REVOCATION_PREDICATE,
  RevocationSchema,
  type Decision,
} from '../model/decision.ts'
import { RunproofError } from '../model/errors.ts'
import { WAIVER_PREDICATE, WaiverSchema } from '../model/waiver.ts'
import { fromUtf8 } from './bytes.ts'
import { payloadOf, readEnvelope } from './dsse.ts'
import { parseJson } from './json.ts'
import { verifySigned, type NamedKey, type SignedCheck } from './verified.ts'

const schemas = [
  [WAIVER_PREDICATE, WaiverSchema],
  [CONFIRMATION_PREDICATE, ConfirmationSchema],
  [REVOCATION_PREDICATE, RevocationSchema],
] as const

/**
 * A person's signed decision of whatever kind: a waiver, a confirmation, the revocation of a waiver. As {@link verifySigned}: only the
 * signature of one of `keys` makes it count.
 * @throws RunproofError `key.malformed` when one of `keys` is no P-256 key
 */
export async function verifyDecision(envelope: unknown, keys: readonly NamedKey[]): Promise<SignedCheck<Decision>> {
  const said = claimedPredicate(envelope)
  const [predicate, schema] = schemas.find(([type]) => type === said) ?? schemas[0]
  return verifySigned<typeof schema>(envelope, keys, predicate, schema)
}

/** Which kind it says that it is: it only chooses the schema, and what is signed must then say the same. */
function claimedPredicate(envelope: unknown): string | null {
  try {
    const statement = parseJson(fromUtf8(payloadOf(readEnvelope(envelope))))
    const type = typeof statement === 'object' && statement !== null && 'predicateType' in statement && statement.predicateType
    return typeof type === 'string' ? type : null
  } catch (error) {
    if (error instanceof RunproofError) return null
    throw error
  }
}
