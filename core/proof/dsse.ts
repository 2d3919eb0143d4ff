import { z } from 'zod/mini'
import { RunproofError } from '../model/errors.ts'
import { concatBytes, fromBase64, utf8 } from './bytes.ts'
import { verifyEcdsaP256 } from './ecdsa.ts'
import { list, orElse, shaped, text } from './shape.ts'

/** Exactly one signature, as the Sigstore bundle demands: two people who approve make two envelopes. */
export type Envelope = {
  readonly payloadType: string
  readonly payload: string
  readonly signatures: readonly [{ readonly keyid: string; readonly sig: string }]
}

/** `keyId` of our own keys is `keyHint(spki)`. */
export type SignerKey = { readonly keyId: string; readonly spki: Uint8Array }

/** The payload is reachable only through `ok: true`. */
export type EnvelopeCheck =
  | { readonly ok: true; readonly payload: Uint8Array; readonly keyId: string }
  | { readonly ok: false; readonly why: string }

/** In base64 characters, 24 MiB of payload. Payloads hold counts and digests; the long lists lie in files beside them. */
export const MAX_PAYLOAD_LENGTH = 32 * 1024 * 1024
/** A media type; RFC 6838 §4.2 allows 127 characters on each side of the slash. */
export const MAX_PAYLOAD_TYPE_LENGTH = 255
/** Our key ids have 44 characters, other signers use URIs. */
export const MAX_KEY_ID_LENGTH = 256
/** A P-256 signature has 96 characters; room to read and name an RSA-4096 one before it is refused. */
export const MAX_SIGNATURE_LENGTH = 1024

/** DSSE v1 pre-authentication encoding: what is signed. Lengths count bytes. */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8(payloadType)
  return concatBytes(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload)
}

/** Fields that DSSE does not name are dropped. @throws RunproofError `format.malformed` naming the field. */
export function readEnvelope(value: unknown): Envelope {
  const { payloadType, payload, signatures } = shaped(Envelope, value, 'a DSSE envelope with one signature')
  const [signature] = signatures
  if (!signature) throw new RunproofError('format.malformed', 'not a DSSE envelope: no signature')
  const envelope: Envelope = { payloadType, payload, signatures: [{ keyid: signature.keyid, sig: signature.sig }] }
  payloadOf(envelope)
  signatureOf(envelope)
  return envelope
}

/** The bytes that were signed, in either base64 alphabet. @throws RunproofError `format.malformed` */
export function payloadOf({ payload }: Envelope): Uint8Array {
  return fromBase64(payload, { urlSafe: true })
}

/** The signature's bytes, DER for ours. @throws RunproofError `format.malformed` */
export function signatureOf({ signatures: [{ sig }] }: Envelope): Uint8Array {
  return fromBase64(sig, { urlSafe: true })
}

/**
 * Checks the one signature against the keys that its `keyid` names (all keys when it names none) and hands out the very bytes
 * that were signed. The key id is a hint: a key vouches by its signature, never by its name. Bad input is a refusal, not an
 * exception. @throws RunproofError `key.malformed` when one of `keys` is no P-256 key.
 */
export async function verifyEnvelope(
  envelope: Envelope,
  keys: readonly SignerKey[],
  expectedPayloadType: string,
): Promise<EnvelopeCheck> {
  const { payloadType, signatures } = envelope
  if (payloadType !== expectedPayloadType)
    return { ok: false, why: `the payload type is ${payloadType}, not ${expectedPayloadType}` }
  const [{ keyid }] = signatures
  const candidates = keys.filter(({ keyId }) => keyid === '' || keyid === keyId)
  if (candidates.length === 0) return { ok: false, why: keyid === '' ? 'no key is trusted' : `no trusted key is called ${keyid}` }
  const parts = decoded(envelope)
  if (parts === null) return { ok: false, why: 'payload or signature is not base64' }

  const { payload, signature } = parts
  const signed = pae(payloadType, payload)
  for (const { keyId, spki } of candidates)
    if (await verifyEcdsaP256(spki, signed, signature)) return { ok: true, payload, keyId }
  return { ok: false, why: 'the signature does not match the payload' }
}

const visible = z.regex(/^[!-~]+$/, 'only visible ASCII')
const Envelope = z.object(
  {
    payloadType: text(MAX_PAYLOAD_TYPE_LENGTH, 1).check(visible),
    payload: text(MAX_PAYLOAD_LENGTH),
    signatures: list(
      z.object({ keyid: orElse(text(MAX_KEY_ID_LENGTH), ''), sig: text(MAX_SIGNATURE_LENGTH, 1) }, 'an object was expected'),
      1,
      1,
    ),
  },
  'an object was expected',
)

function decoded(envelope: Envelope): { readonly payload: Uint8Array; readonly signature: Uint8Array } | null {
  try {
    return { payload: payloadOf(envelope), signature: signatureOf(envelope) }
  } catch {
    return null
  }
}
