import * as z from 'zod/mini'
import { InstantSchema } from '../model/window.ts'
import { utf8 } from './bytes.ts'
import { pemFromSpki } from './keys.ts'
import { sha256Hex } from './sha256.ts'
import { statementBytes } from './statement.ts'

/** A person's word that a key is theirs, signed with that key: nobody else can enrol it, and nobody can enrol it for somebody else. */
export const SIGNER_ENROLMENT_PREDICATE = 'https://runproof.dev/attestation/signer-enrolment/v1'

const text = (most: number) => z.string().check(z.minLength(1), z.maxLength(most))

export const SignerEnrolmentSchema = z.strictObject({
  /** Who vouches for the person, and by which name, as in OpenID Connect. */
  issuer: text(500),
  subject: text(255),
  name: text(200),
  /** P-256 public key, PEM. */
  key: text(1000),
  createdAt: InstantSchema,
})
export type SignerEnrolment = Readonly<z.infer<typeof SignerEnrolmentSchema>>

/** The payload that a person signs with the key in it. @throws RunproofError `format.malformed` */
export function signerEnrolmentPayload(person: Omit<SignerEnrolment, 'key'>, spki: Uint8Array): Uint8Array {
  return statementBytes({
    subject: [{ name: 'key', sha256: sha256Hex(spki) }],
    predicateType: SIGNER_ENROLMENT_PREDICATE,
    predicate: { ...person, key: pemFromSpki(spki) },
  })
}

/**
 * What a sensor signs (ECDSA P-256, SHA-256, DER) to show that the key it enrols is its own. It binds the one-time token, so that the
 * signature is good for this one enrolment.
 */
export function sensorEnrolmentProof(asked: {
  readonly token: string
  readonly name: string
  readonly kind: string
  readonly spki: Uint8Array
}): Uint8Array {
  const { token, name, kind, spki } = asked
  return utf8(['runproof/sensor-enrolment/v1', sha256Hex(token), kind, name, sha256Hex(spki), ''].join('\n'))
}
