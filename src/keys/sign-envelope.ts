import { base64 } from '../../core/proof/bytes.ts'
import { pae, type Envelope } from '../../core/proof/dsse.ts'
import type { SigningKey } from './signing-key.ts'

/** A DSSE v1 envelope with the one signature that a Sigstore bundle takes; its key id is the key's hint. */
export async function signEnvelope(key: SigningKey, payloadType: string, payload: Uint8Array): Promise<Envelope> {
  return envelopeOf(key, payloadType, payload, await key.sign(pae(payloadType, payload)))
}

/** As {@link signEnvelope}, at once. */
export function signEnvelopeNow(key: SigningKey, payloadType: string, payload: Uint8Array): Envelope {
  return envelopeOf(key, payloadType, payload, key.signNow(pae(payloadType, payload)))
}

function envelopeOf({ keyId }: SigningKey, payloadType: string, payload: Uint8Array, signature: Uint8Array): Envelope {
  return { payloadType, payload: base64(payload), signatures: [{ keyid: keyId, sig: base64(signature) }] }
}
