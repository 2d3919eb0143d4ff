import { sha256Hex } from '../../../core/proof/sha256.ts'
import type { Envelope } from '../../../core/proof/dsse.ts'
import { jcs, type JsonValue } from '../../../core/proof/jcs.ts'
import { keyHint } from '../../../core/proof/keys.ts'
import { buildBundle } from '../../../core/proof/sigstore-bundle.ts'
import { signedEntry } from './entries.ts'
import type { Appended } from './append.ts'
import type { Ledger, LedgerTransaction } from './ledger.ts'

/** A signed object in the ledger, with the Sigstore bundle that proves it. */
export type Logged = { readonly index: number; readonly bundle: JsonValue }

/** Puts a signed object into the ledger (once) and returns it as a Sigstore bundle with its proof. */
export function logged(ledger: Ledger, envelope: Envelope, spki: Uint8Array, eventId: string): Logged {
  const [appended] = ledger.append([signedEntry(envelope, spki, eventId)])
  if (!appended) throw new Error('the ledger did not answer for the entry')
  return bundled(ledger, envelope, spki, appended)
}

/** As {@link logged}, inside a transaction that is under way: the proof can only be made after it, with {@link bundled}. */
export function logInside({ append }: LedgerTransaction, envelope: Envelope, spki: Uint8Array, eventId: string): Appended {
  const [appended] = append([signedEntry(envelope, spki, eventId)])
  if (!appended) throw new Error('the ledger did not answer for the entry')
  return appended
}

/** The Sigstore bundle of an entry that is in the ledger, under the newest checkpoint. */
export function bundled(
  ledger: Pick<Ledger, 'prove' | 'keyId'>,
  envelope: Envelope,
  spki: Uint8Array,
  appended: Pick<Appended, 'index' | 'body'>,
): Logged {
  const { index, size, root, hashes, checkpoint } = ledger.prove(appended.index)
  const entry = {
    index: BigInt(index),
    logKeyId: ledger.keyId,
    body: appended.body,
    inclusionProof: { index: BigInt(index), size: BigInt(size), root, hashes, checkpoint },
  }
  return { index, bundle: buildBundle({ envelope, hint: keyHint(spki), entry }) }
}

/** What a signed decision is remembered by: the same envelope is logged once. */
export function decisionEvent(envelope: Envelope): string {
  return `decision:${sha256Hex(jcs(envelope))}`
}

/** What a key's word that another takes its place is remembered by. */
export function rotationEvent(envelope: Envelope): string {
  return `key-rotation:${sha256Hex(jcs(envelope))}`
}

/** What a manifest's signature is remembered by. */
export function manifestEvent(envelope: Envelope): string {
  return `manifest:${sha256Hex(jcs(envelope))}`
}
