import { base64 } from '../../core/proof/bytes.ts'
import { pae, type Envelope } from '../../core/proof/dsse.ts'
import type { SigningKey } from './signing-key.ts'

/** A DSSE v1 envelope with the one signature that a Sigstore bundle takes; its key id is the key's hint. */
export async function signEnvelope(key: SigningKey, payloadType: string, payload: Uint8Array): Promise<Envelope> {
  const signature = await key.sign(pae(payloadType, payload))
  return { payloadType, payload: base64(payload), signatures: [{ keyid: key.keyId, sig: base64(signature) }] }
}
