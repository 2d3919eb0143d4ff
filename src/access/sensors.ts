import { createPublicKey } from 'node:crypto'
import type { AccessScope, Principal } from '../../core/model/access.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { instantOf, type Instant } from '../../core/model/time.ts'
import { fromBase64 } from '../../core/proof/bytes.ts'
import { isP256Spki, keyHint, spkiFromPem, verifyEcdsaP256 } from '../../core/proof/ecdsa.ts'
import { sensorEnrolmentProof } from '../../core/proof/enrolment.ts'
import { isUniqueViolation } from './unique.ts'
import type { SensorKind } from '../store/state/sensors.ts'
import { forms, hashOf, newId, newOneTimeToken, newSecret, sensorTokenOf } from './secrets.ts'
import { parseSpiffeId } from './spiffe-id.ts'
import { appendEvent, demand, instantIn, scopesJson, wordFor, type AccessWorld } from './world.ts'

export type SensorInvitation = { readonly token: string; readonly expiresAt: Instant }

/**
 * A one-time token with which one sensor enrols itself, for these scopes and no others.
 * @throws RunproofError `access.denied`, `request.invalid`
 */
export function inviteSensor(
  { state, ledger, now }: AccessWorld,
  by: Principal,
  { scopes, minutes }: { readonly scopes: readonly AccessScope[]; readonly minutes: number },
): SensorInvitation {
  demandScopes(by, scopes)
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > MAX_INVITATION_MINUTES) {
    throw new RunproofError('request.invalid', `an enrolment token ends after 1 to ${MAX_INVITATION_MINUTES} minutes`)
  }
  const [token, createdAt, expiresAt] = [newOneTimeToken(), instantOf(now()), instantIn({ now }, minutes * 60_000)]
  ledger.transaction((inside) => {
    state.insertEnrolment({ hash: hashOf(token), gives: { what: 'sensor', scopes }, madeBy: wordFor(by), createdAt, expiresAt })
    appendEvent(inside, 'keyEvent', {
      act: 'sensor-invited',
      at: createdAt,
      scopes: scopesJson(scopes),
      expiresAt,
      by: wordFor(by),
    })
  })
  return { token, expiresAt }
}

/** Seven days. */
export const MAX_INVITATION_MINUTES = 7 * 24 * 60

export type SensorAsked = {
  /** The one-time token. */
  readonly token: string
  readonly name: string
  readonly kind: SensorKind
  /** The key that its batches are signed with: P-256, PEM; null: it signs nothing. */
  readonly publicKey: string | null
  /** Base64 of its signature over {@link sensorEnrolmentProof}. */
  readonly proof: string | null
}

export type SensorMade = {
  readonly id: string
  /** For Basic credentials, with the id as the name. Shown this once. */
  readonly secret: string
  /** The same for `Authorization: Bearer`. */
  readonly token: string
  readonly scopes: readonly AccessScope[]
  readonly ledgerIndex: number
}

/**
 * A sensor enrols itself. What it may speak for was settled when the token was made.
 * @throws RunproofError `access.unauthenticated` for a token that does not hold (which way, is not said), `key.malformed`,
 * `signature.invalid` when the sensor does not show that the key is its own
 */
export async function enrolSensor({ state, ledger, now }: AccessWorld, asked: SensorAsked): Promise<SensorMade> {
  const invitation = forms.oneTime.test(asked.token) ? state.enrolment(hashOf(asked.token)) : null
  const { gives } = invitation ?? { gives: null }
  if (invitation === null || gives?.what !== 'sensor') throw tokenRefused()
  const spki = await ownKey(asked)
  const [id, secret, at] = [newId(), newSecret(), instantOf(now())]
  const ledgerIndex = ledger.transaction((inside) => {
    if (!state.useEnrolment(invitation.hash, at)) throw tokenRefused()
    const { name, kind } = asked
    const keyId = spki === null ? null : keyHint(spki)
    const spec = { id, name, kind, scopes: scopesJson(gives.scopes), keyId, spiffeId: null, by: invitation.madeBy }
    const index = appendEvent(inside, 'keyEvent', { act: 'sensor-enrolled', at, ...spec })
    const row = { id, name, kind, scopes: gives.scopes, spki, spiffeId: null, enrolledBy: invitation.madeBy, enrolledAt: at }
    state.insertSensor({ ...row, secretHash: hashOf(secret), ledgerIndex: index })
    return index
  })
  return { id, secret, token: sensorTokenOf(id, secret), scopes: gives.scopes, ledgerIndex }
}

export type WorkloadAsked = {
  readonly name: string
  readonly kind: SensorKind
  readonly scopes: readonly AccessScope[]
  readonly spiffeId: string
}

/**
 * A workload that shows an SVID counts as this sensor. It needs no secret of ours.
 * @throws RunproofError `access.denied`, `request.invalid` for an id that is none, or is enrolled already
 */
export function enrolWorkload({ state, ledger, now }: AccessWorld, by: Principal, asked: WorkloadAsked) {
  const { name, kind, scopes, spiffeId } = asked
  demandScopes(by, scopes)
  if (parseSpiffeId(spiffeId) === null) {
    throw new RunproofError(
      'request.invalid',
      `${JSON.stringify(spiffeId.slice(0, 200))} is no SPIFFE ID of a workload (spiffe://domain/path)`,
    )
  }
  const [id, at] = [newId(), instantOf(now())]
  try {
    const ledgerIndex = ledger.transaction((inside) => {
      const spec = { id, name, kind, scopes: scopesJson(scopes), keyId: null, spiffeId, by: wordFor(by) }
      const index = appendEvent(inside, 'keyEvent', { act: 'sensor-enrolled', at, ...spec })
      const row = { id, name, kind, scopes, spki: null, secretHash: null, spiffeId, enrolledBy: wordFor(by), enrolledAt: at }
      state.insertSensor({ ...row, ledgerIndex: index })
      return index
    })
    return { id, ledgerIndex }
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause
    throw new RunproofError('request.invalid', `${spiffeId} is enrolled already; revoke that sensor first`, { cause })
  }
}

/**
 * Needs `sensor:enrol` for all that it speaks for. False when it was revoked before.
 * @throws RunproofError `access.denied`, `request.invalid` when there is no such sensor
 */
export function revokeSensor({ state, ledger, now }: AccessWorld, by: Principal, id: string): boolean {
  const sensor = state.sensor(id)
  if (sensor === null) throw new RunproofError('request.invalid', `there is no sensor ${JSON.stringify(id)}`)
  demand(by, 'sensor:enrol', sensor.scopes)
  if (sensor.revokedAt !== null) return false
  const at = instantOf(now())
  return ledger.transaction((inside) => {
    if (!state.revokeSensor(id, at, wordFor(by))) return false
    appendEvent(inside, 'keyEvent', { act: 'sensor-revoked', at, id, by: wordFor(by) })
    return true
  })
}

function demandScopes(by: Principal, scopes: readonly AccessScope[]): void {
  if (scopes.length === 0)
    throw new RunproofError('request.invalid', 'a sensor speaks for at least one application and environment')
  demand(by, 'sensor:enrol', scopes)
}

function tokenRefused(): RunproofError {
  return new RunproofError(
    'access.unauthenticated',
    'the enrolment token does not hold: it is unknown, used or over; ask for a new one',
  )
}

async function ownKey({ token, name, kind, publicKey, proof }: SensorAsked): Promise<Uint8Array | null> {
  if (publicKey === null) return null
  const spki = spkiFromPem(publicKey)
  if (!isP256Spki(spki) || !isOnCurve(publicKey)) throw new RunproofError('key.malformed', 'a sensor signs with a P-256 key, PEM')
  const signature = decoded(proof)
  if (signature !== null && (await verifyEcdsaP256(spki, sensorEnrolmentProof({ token, name, kind, spki }), signature)))
    return spki
  throw new RunproofError(
    'signature.invalid',
    'the sensor does not show that the key is its own: “proof” is no signature of it over this enrolment',
  )
}

function isOnCurve(pem: string): boolean {
  try {
    return createPublicKey(pem).asymmetricKeyType === 'ec'
  } catch {
    return false
  }
}

function decoded(text: string | null): Uint8Array | null {
  try {
    return text === null ? null : fromBase64(text)
  } catch {
    return null
  }
}
