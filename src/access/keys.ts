import type { Principal } from '../../core/model/access.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { instantMs, instantOf } from '../../core/model/time.ts'
import { payloadOf, readEnvelope, type Envelope } from '../../core/proof/dsse.ts'
import { jcs } from '../../core/proof/jcs.ts'
import { isP256Spki, keyHint, spkiFromPem } from '../../core/proof/keys.ts'
import { SIGNER_ENROLMENT_PREDICATE, SignerEnrolmentSchema, type SignerEnrolment } from '../../core/proof/enrolment.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { readStatement } from '../../core/proof/statement.ts'
import { shaped } from '../../core/proof/shape.ts'
import { verifySigned } from '../../core/proof/verified.ts'
import { logInside } from '../store/ledger/logged.ts'
import type { PersonKeyRow } from '../store/state/person-keys.ts'
import { demand, appendEvent, wordFor, type AccessWorld } from './world.ts'

/** How far the clock of a person's machine may be from ours. */
const CLOCK_MS = 10 * 60_000

/**
 * Enrols a person's own key by a statement that this key signed, and puts the statement into the ledger: from then on nobody, this
 * service included, can say that the key is somebody else's. The private half stays where it was made.
 * @throws RunproofError `access.denied`, `signature.invalid`, `key.malformed`, `format.malformed`, `request.invalid`
 */
export async function enrolKey(world: AccessWorld, by: Principal, statement: unknown): Promise<PersonKeyRow> {
  const { state, ledger, now } = world
  demand(by, 'key:enrol', [null])
  const person = personOf(by)
  const envelope = readEnvelope(statement)
  const claim = await checkedClaim(by, envelope, now())
  const spki = spkiFromPem(claim.key)
  const keyId = keyHint(spki)
  const known = state.personKey(keyId)
  if (known !== null)
    throw new RunproofError(
      'request.invalid',
      `the key ${keyId} is enrolled already${known.revoked ? ' and revoked: make a new one' : ''}`,
    )
  return ledger.transaction((inside) => {
    const { index } = logInside(inside, envelope, spki, `signer-enrolment:${sha256Hex(jcs(envelope))}`)
    const row = {
      keyId,
      person: person.id,
      spki,
      name: claim.name,
      statement: jcs(envelope),
      enrolledAt: instantOf(now()),
      ledgerIndex: index,
    }
    state.insertPersonKey(row)
    return { ...row, revoked: null }
  })
}

/**
 * One's own, or anybody's with `key:revoke`. What the key signed before stays; what it signs later does not count. False when it was
 * revoked before.
 * @throws RunproofError `access.denied`, `request.invalid`
 */
export function revokeKey({ state, ledger, now }: AccessWorld, by: Principal, keyId: string, because: string): boolean {
  const key = state.personKey(keyId)
  if (key === null) throw new RunproofError('request.invalid', `nobody enrolled the key ${JSON.stringify(keyId.slice(0, 100))}`)
  if (by.person?.id !== key.person) demand(by, 'key:revoke', [null])
  if (because.trim() === '') throw new RunproofError('request.invalid', 'say why the key is revoked')
  if (key.revoked !== null) return false
  const at = instantOf(now())
  ledger.transaction((inside) => {
    const spec = { keyId, person: key.person, by: wordFor(by), because }
    const ledgerIndex = appendEvent(inside, 'keyEvent', { act: 'key-revoked', at, ...spec })
    state.revokePersonKey(keyId, { at, by: wordFor(by), because, ledgerIndex })
  })
  return true
}

async function checkedClaim(by: Principal, envelope: Envelope, nowMs: number): Promise<SignerEnrolment> {
  // The key is in the statement that it signs: read first, believed only when the signature holds.
  const { predicate } = readStatement(payloadOf(envelope), SIGNER_ENROLMENT_PREDICATE)
  const spki = spkiFromPem(shaped(SignerEnrolmentSchema, predicate, 'a signer enrolment').key)
  if (!isP256Spki(spki)) throw new RunproofError('key.malformed', 'decisions are signed with a P-256 key')
  const checked = await verifySigned(
    envelope,
    [{ name: 'the enrolled key', spki }],
    SIGNER_ENROLMENT_PREDICATE,
    SignerEnrolmentSchema,
  )
  if (!checked.ok) throw new RunproofError('signature.invalid', `the key did not sign its own enrolment: ${checked.why}`)
  const { value, subject } = checked.verified
  const { issuer, subject: sub, name } = personOf(by)
  const reason =
    subject.length !== 1 || subject[0] !== sha256Hex(spki)
      ? 'its subject is not the key'
      : value.issuer !== issuer || value.subject !== sub
        ? 'it names somebody else than who is logged in'
        : value.name !== name
          ? `it gives the name ${JSON.stringify(value.name)}, the login says ${JSON.stringify(name)}`
          : Math.abs(instantMs(value.createdAt) - nowMs) > CLOCK_MS
            ? `it was made at ${value.createdAt}, more than ten minutes from now`
            : null
  if (reason !== null) throw new RunproofError('signature.invalid', `the enrolment does not fit: ${reason}`)
  return value
}

function personOf({ person, name }: Principal) {
  if (person === null) throw new RunproofError('access.denied', `${name} is no person: keys that decide belong to people`)
  return person
}
