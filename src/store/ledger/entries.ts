import { utf8 } from '../../../core/proof/bytes.ts'
import { payloadOf, signatureOf, type Envelope } from '../../../core/proof/dsse.ts'
import { jcs, type JsonValue } from '../../../core/proof/jcs.ts'
import { HASHEDREKORD, hashedRekordBody } from '../../../core/proof/rekor.ts'
import type { NewEntry } from './append.ts'

export const EVENT_API_VERSION = 'runproof.dev/v1'

/** The entry of a signed envelope: a Rekor v2 `hashedrekord` 0.0.2. @throws RunproofError `format.malformed` */
export function signedEntry(envelope: Envelope, spki: Uint8Array, eventId: string): NewEntry {
  const { payloadType } = envelope
  const body = hashedRekordBody({ payloadType, payload: payloadOf(envelope), signatureDer: signatureOf(envelope), spki })
  return { body, kind: `${HASHEDREKORD.kind}/${HASHEDREKORD.version}`, eventId }
}

/** The entry of an event that nobody signed on its own: canonical JSON (RFC 8785). @throws RunproofError `format.malformed` */
export function eventEntry(kind: string, spec: JsonValue, eventId: string): NewEntry {
  return { body: utf8(jcs({ apiVersion: EVENT_API_VERSION, kind, spec })), kind, eventId }
}
