import { RunproofError } from '../model/errors.ts'
import { equalBytes } from './bytes.ts'
import { type Checkpoint, type Log, verifyCheckpoint } from './checkpoint.ts'
import { payloadOf, signatureOf } from './dsse.ts'
import { isP256Spki, keyHint } from './keys.ts'
import { leafHash, verifyInclusion } from './merkle.ts'
import { noteKeyId } from './note.ts'
import { hashedRekordBody } from './rekor.ts'
import type { Bundle, LogEntry } from './sigstore-bundle.ts'

export type LogEntryCheck =
  | { readonly ok: true; readonly log: Log; readonly index: bigint; readonly checkpoint: Checkpoint }
  | { readonly ok: false; readonly why: string }

/**
 * That a known log holds this very envelope, signed by the key `spki`. The leaf is rebuilt from the envelope rather than read:
 * sigstore-js compares neither the logged key nor the stated tree size. It does not check the envelope's signature; that is
 * `verifyEnvelope`. Bad input is a refusal with its reason, never an exception.
 */
export async function checkLogEntry(
  { envelope, hint, entry }: Bundle,
  { logs, spki }: { readonly logs: readonly Log[]; readonly spki: Uint8Array },
): Promise<LogEntryCheck> {
  try {
    if (entry === null) throw refused('the bundle has no log entry')
    if (!isP256Spki(spki) || hint !== keyHint(spki)) throw refused('the bundle names another key')
    const log = logs.find(({ origin, publicKey }) => equalBytes(noteKeyId(origin, publicKey), entry.logKeyId))
    if (!log) throw refused('the entry is of an unknown log')
    const leaf = { payloadType: envelope.payloadType, payload: payloadOf(envelope), signatureDer: signatureOf(envelope), spki }
    if (!equalBytes(hashedRekordBody(leaf), entry.body)) throw refused('the logged leaf is not the one of this envelope')
    return { ok: true, log, index: entry.index, checkpoint: await checkInclusion(entry, log) }
  } catch (error) {
    if (error instanceof RunproofError) return { ok: false, why: error.message }
    throw error
  }
}

async function checkInclusion({ index, body, inclusionProof: proof }: LogEntry, log: Log): Promise<Checkpoint> {
  const checkpoint = await verifyCheckpoint(proof.checkpoint, log)
  const { size, root } = checkpoint
  if (proof.index !== index) throw refused('entry and proof name different indexes')
  if (proof.size !== size || !equalBytes(proof.root, root))
    throw refused('the proof is not about the tree that the checkpoint signs')
  verifyInclusion({ index, size, root, leafHash: leafHash(body), proof: proof.hashes })
  return checkpoint
}

function refused(why: string): RunproofError {
  return new RunproofError('proof.invalid', why)
}
