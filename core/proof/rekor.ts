import { base64, utf8 } from './bytes.ts'
import { pae } from './dsse.ts'
import { jcs } from './jcs.ts'
import { sha256 } from './sha256.ts'

export const HASHEDREKORD = { kind: 'hashedrekord', version: '0.0.2' } as const

export type SignedObject = {
  readonly payloadType: string
  readonly payload: Uint8Array
  readonly signatureDer: Uint8Array
  readonly spki: Uint8Array
}

/**
 * The ledger leaf of a signed envelope: a Rekor v2 `hashedrekord` 0.0.2 for a P-256 key, as RFC 8785 bytes. It names the digest
 * of what was signed (the PAE), the signature and the key, nothing of the payload. A verifier rebuilds it and compares bytes.
 */
export function hashedRekordBody({ payloadType, payload, signatureDer, spki }: SignedObject): Uint8Array {
  const publicKey = { rawBytes: base64(spki) }
  const hashedRekordV002 = {
    data: { algorithm: 'SHA2_256', digest: base64(sha256(pae(payloadType, payload))) },
    signature: { content: base64(signatureDer), verifier: { keyDetails: 'PKIX_ECDSA_P256_SHA_256', publicKey } },
  }
  return utf8(jcs({ apiVersion: HASHEDREKORD.version, kind: HASHEDREKORD.kind, spec: { hashedRekordV002 } }))
}
