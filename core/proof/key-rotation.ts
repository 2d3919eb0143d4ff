import * as z from 'zod/mini'
import { InstantSchema } from '../model/window.ts'
import { equalBytes } from './bytes.ts'
import type { Log } from './checkpoint.ts'
import { payloadOf } from './dsse.ts'
import { isP256Spki, pemFromSpki, spkiFromPem } from './keys.ts'
import { sha256Hex } from './sha256.ts'
import { checkLogEntry, type Bundle } from './sigstore-bundle.ts'
import { statementBytes } from './statement.ts'
import { verifySigned, type SignedCheck } from './verified.ts'

/** A key's word that another takes its place, signed by both: whoever trusts the one can follow to the other. */
export const KEY_ROTATION_PREDICATE = 'https://runproof.dev/attestation/key-rotation/v1'

const text = (most: number) => z.string().check(z.minLength(1), z.maxLength(most))

export const KeyRotationSchema = z.strictObject({
  /** What the keys sign. */
  role: z.literal('report'),
  /** The log that both signatures are in. */
  ledger: text(253),
  /** P-256 public keys, PEM. */
  previous: text(1000),
  next: text(1000),
  createdAt: InstantSchema,
})
export type KeyRotation = Readonly<z.infer<typeof KeyRotationSchema>>

/** The payload that both keys sign. @throws RunproofError `format.malformed`, `key.malformed` */
export function keyRotationPayload(rotation: Pick<KeyRotation, 'ledger' | 'createdAt'>, keys: RotatedKeys): Uint8Array {
  const { ledger, createdAt } = rotation
  const [previous, next] = [pemFromSpki(keys.previous), pemFromSpki(keys.next)]
  return statementBytes({
    subject: [
      { name: 'previous', sha256: sha256Hex(keys.previous) },
      { name: 'next', sha256: sha256Hex(keys.next) },
    ],
    predicateType: KEY_ROTATION_PREDICATE,
    predicate: { role: 'report', ledger, previous, next, createdAt },
  })
}

/** DER SubjectPublicKeyInfo. */
export type RotatedKeys = { readonly previous: Uint8Array; readonly next: Uint8Array }

/** `index`: the later of the two entries in the log `origin`. */
export type RotationCheck =
  | { readonly ok: true; readonly next: Uint8Array; readonly origin: string; readonly index: bigint; readonly createdAt: string }
  | { readonly ok: false; readonly why: string }

/**
 * One step from a key that is trusted to the one that took its place: both signed the same statement, which names both, and both
 * signatures are in the log that it names. Whether the first key was revoked before is for the caller to compare with `index`.
 * Bad input is a refusal with its reason. @throws RunproofError `key.malformed` when `previous` is no P-256 key
 */
export async function verifyKeyRotation(
  { byPrevious, byNext }: { readonly byPrevious: Bundle; readonly byNext: Bundle },
  { previous, logs }: { readonly previous: Uint8Array; readonly logs: readonly Log[] },
): Promise<RotationCheck> {
  const said = await signedBy(byPrevious, 'the previous key', previous)
  if (!said.ok) return said
  const { value, subject } = said.verified
  const keys = rotatedKeys(value)
  if (keys === null) return { ok: false, why: 'it names something else than two P-256 keys' }
  if (!equalBytes(keys.previous, previous)) return { ok: false, why: 'it names another previous key than the one that signed it' }
  if (equalBytes(keys.next, previous)) return { ok: false, why: 'a key cannot take its own place' }
  const digests = [sha256Hex(keys.previous), sha256Hex(keys.next)]
  if (subject.length !== 2 || subject.some((digest, index) => digest !== digests[index]))
    return { ok: false, why: 'its subjects are not the two keys' }
  const answered = await signedBy(byNext, 'the next key', keys.next)
  if (!answered.ok) return answered
  if (!equalBytes(payloadOf(byPrevious.envelope), payloadOf(byNext.envelope)))
    return { ok: false, why: 'the two keys did not sign the same statement' }
  return logged([byPrevious, byNext], keys, value, logs)
}

async function logged(
  bundles: readonly [Bundle, Bundle],
  keys: RotatedKeys,
  { ledger, createdAt }: KeyRotation,
  logs: readonly Log[],
): Promise<RotationCheck> {
  let index = -1n
  for (const [at, spki] of [keys.previous, keys.next].entries()) {
    const entry = await checkLogEntry(bundles[at] ?? bundles[0], { logs, spki })
    if (!entry.ok) return entry
    if (entry.log.origin !== ledger) return { ok: false, why: `it speaks of the log ${ledger} and lies in ${entry.log.origin}` }
    if (entry.index > index) index = entry.index
  }
  return { ok: true, next: keys.next, origin: ledger, index, createdAt }
}

function signedBy({ envelope }: Bundle, name: string, spki: Uint8Array): Promise<SignedCheck<KeyRotation>> {
  return verifySigned(envelope, [{ name, spki }], KEY_ROTATION_PREDICATE, KeyRotationSchema)
}

function rotatedKeys({ previous, next }: KeyRotation): RotatedKeys | null {
  try {
    const keys = { previous: spkiFromPem(previous), next: spkiFromPem(next) }
    return isP256Spki(keys.previous) && isP256Spki(keys.next) ? keys : null
  } catch {
    return null
  }
}
