import { decisionKind, type Decision } from '../../../core/model/decision.ts'
import {
  CONFIRMATION_PREDICATE,
  ConfirmationSchema,
  REVOCATION_PREDICATE,
  RevocationSchema,
} from '../../../core/model/decision.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import { WAIVER_PREDICATE, WaiverSchema } from '../../../core/model/waiver.ts'
import { fromBase64, fromUtf8 } from '../../../core/proof/bytes.ts'
import { parseJson } from '../../../core/proof/json.ts'
import { shaped } from '../../../core/proof/shape.ts'
import { DSSE_PAYLOAD_TYPE, readStatement } from '../../../core/proof/statement.ts'

/** What a service asks a person to sign, as it came. */
export type Asked = { readonly payload_type: string; readonly payload: string }

/** What was asked of the service: whatever else comes back is not signed. */
export type Wanted = {
  readonly kind: ReturnType<typeof decisionKind>
  readonly application?: string
  readonly environment?: string
  readonly reason?: string | undefined
  readonly compensating?: string | undefined
  /** The latest end that fits what was asked for. */
  readonly latestEnd?: string | undefined
  readonly fingerprint?: string | null
}

/**
 * Reads what a service wants signed, with our own code and nothing that it says about it: what a person is shown is what their key signs.
 * @throws RunproofError `decision.invalid` when it is something else than was asked for
 */
export function readAsked(
  { payload_type: type, payload: text }: Asked,
  wanted: Wanted,
): { readonly payload: Uint8Array; readonly decision: Decision } {
  if (type !== DSSE_PAYLOAD_TYPE) throw refused(`it is of the type ${type}`)
  const payload = fromBase64(text)
  const decision = decisionIn(payload)
  if (decisionKind(decision) !== wanted.kind) throw refused(`it is a ${decisionKind(decision)}, asked for was a ${wanted.kind}`)
  const scope = 'scope' in decision ? decision.scope : null
  const named = 'fingerprints' in decision ? decision.fingerprints : (scope?.fingerprints ?? null)
  const differs: readonly (readonly [string, boolean])[] = [
    ['application', wanted.application !== undefined && wanted.application !== decision.application],
    ['environment', wanted.environment !== undefined && wanted.environment !== decision.environment],
    ['reason', wanted.reason !== undefined && wanted.reason !== decision.reason],
    [
      'compensating',
      wanted.compensating !== undefined &&
        'compensatingControl' in decision &&
        wanted.compensating !== decision.compensatingControl,
    ],
    ['expires', wanted.latestEnd !== undefined && 'expires' in decision && decision.expires > wanted.latestEnd],
    [
      'scope',
      typeof wanted.fingerprint === 'string' &&
        (named?.join() !== wanted.fingerprint || (scope !== null && Object.keys(scope).length !== 1)),
    ],
  ]
  const wrong = differs.filter(([, differ]) => differ).map(([field]) => field)
  if (wrong.length > 0) throw refused(`its ${wrong.join(', ')} differ from what was asked for`)
  return { payload, decision }
}

function decisionIn(payload: Uint8Array): Decision {
  const statement = parseJson(fromUtf8(payload))
  const type =
    typeof statement === 'object' && statement !== null && 'predicateType' in statement ? statement.predicateType : null
  switch (typeof type === 'string' ? type : '') {
    case WAIVER_PREDICATE:
      return shaped(WaiverSchema, readStatement(payload, WAIVER_PREDICATE).predicate, 'a waiver')
    case CONFIRMATION_PREDICATE:
      return shaped(ConfirmationSchema, readStatement(payload, CONFIRMATION_PREDICATE).predicate, 'a confirmation')
    case REVOCATION_PREDICATE:
      return shaped(RevocationSchema, readStatement(payload, REVOCATION_PREDICATE).predicate, 'a revocation')
    default:
      throw refused('it is no decision')
  }
}

function refused(why: string): RunproofError {
  return new RunproofError('decision.invalid', `not signed: the service asks for a signature over something else: ${why}`)
}
