// Keys and a small log for the tests beside this file; it holds no test of its own.
import { existsSync } from 'node:fs'
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { base64, utf8 } from './bytes.ts'
import { formatCheckpointBody } from './checkpoint.ts'
import { type Envelope, pae, payloadOf, signatureOf } from './dsse.ts'
import type { JsonValue } from './jcs.ts'
import { ed25519FromSpki, keyHint } from './keys.ts'
import { inclusionProof, leafHash, merkleRoot } from './merkle.ts'
import { formatNote, noteKeyHash, noteKeyId } from './note.ts'
import { hashedRekordBody } from './rekor.ts'
import { buildBundle, type LogEntry } from './sigstore-bundle.ts'

export type Signer = ReturnType<typeof makeSigner>
export type TestLog = ReturnType<typeof makeLog>

/** A P-256 key that signs envelopes. */
export function makeSigner() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = spkiOf(publicKey)
  const envelope = (payloadType: string, payload: Uint8Array): Envelope => {
    const sig = base64(sign('sha256', pae(payloadType, payload), privateKey))
    return { payloadType, payload: base64(payload), signatures: [{ keyid: keyHint(spki), sig }] }
  }
  return { spki, privateKey, keyId: keyHint(spki), envelope }
}

/** An Ed25519 log that signs checkpoints over whatever entries it is asked to. */
export function makeLog(origin: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = ed25519FromSpki(spkiOf(publicKey))
  const note = (text: string) =>
    formatNote({
      text,
      signatures: [{ name: origin, keyHash: noteKeyHash(origin, key), signature: sign(null, utf8(text), privateKey) }],
    })
  const entry = (bodies: readonly Uint8Array[], index: number): LogEntry => {
    const hashes = bodies.map(leafHash)
    const root = merkleRoot(hashes)
    const checkpoint = note(formatCheckpointBody({ origin, size: bodies.length, root }))
    const proof = { index: BigInt(index), size: BigInt(bodies.length), root, hashes: inclusionProof(hashes, index), checkpoint }
    return {
      index: BigInt(index),
      logKeyId: noteKeyId(origin, key),
      body: bodies[index] ?? new Uint8Array(),
      inclusionProof: proof,
    }
  }
  return { origin, publicKey: key, note, entry }
}

/** The leaf of an envelope, as the ledger appends it. */
export function leafOf(envelope: Envelope, spki: Uint8Array): Uint8Array {
  return hashedRekordBody({
    payloadType: envelope.payloadType,
    payload: payloadOf(envelope),
    signatureDer: signatureOf(envelope),
    spki,
  })
}

/** The envelope's bundle out of a log of `size` entries, at `index`. */
export function bundleFrom(
  log: TestLog,
  signer: Signer,
  envelope: Envelope,
  { size = 300, index = 137, leaf = leafOf(envelope, signer.spki) } = {},
): JsonValue {
  const bodies = Array.from({ length: size }, (_, i) => (i === index ? leaf : utf8(`{"kind":"other","n":${i}}`)))
  return buildBundle({ envelope, hint: signer.keyId, entry: log.entry(bodies, index) })
}

/** Captured files of other projects; where they are absent, tests say so and skip. */
export const corpus = new URL('../../../shared/corpus/trust/', import.meta.url)
export const skipWithoutCorpus = existsSync(corpus) ? false : 'the corpus of other projects’ vectors is not here'

/** An independent digest for expectations. */
export function digestHex(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex')
}

function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }))
}
