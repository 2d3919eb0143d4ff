import { verify } from 'node:crypto'
import { RunproofError } from '../../../core/model/errors.ts'
import { equalBytes, utf8 } from '../../../core/proof/bytes.ts'
import { formatCheckpointBody, readCheckpoint, type Log } from '../../../core/proof/checkpoint.ts'
import { ed25519Spki } from '../../../core/proof/keys.ts'
import { formatNote, noteKeyHash, parseNote } from '../../../core/proof/note.ts'

/** Signs synchronously, because a checkpoint is signed inside the transaction that it vouches for. */
export type LogSigner = { readonly publicKey: Uint8Array; readonly sign: (data: Uint8Array) => Uint8Array }
export type TreeHead = { readonly size: number; readonly root: Uint8Array }

/** The signed note of a tree head (C2SP tlog-checkpoint). */
export function signCheckpoint(key: LogSigner, origin: string, { size, root }: TreeHead): string {
  const text = formatCheckpointBody({ origin, size, root })
  const keyHash = noteKeyHash(origin, key.publicKey)
  return formatNote({ text, signatures: [{ name: origin, keyHash, signature: key.sign(utf8(text)) }] })
}

/**
 * The tree head in a checkpoint that this log itself signed; signatures of others are not looked at. Synchronous, unlike
 * `verifyCheckpoint` of core, because it is asked inside transactions.
 * @throws RunproofError `ledger.contradiction` saying what `where` holds instead.
 */
export function readOwnCheckpoint(envelope: string, { origin, publicKey }: Log, where: string): TreeHead {
  try {
    const { text, signatures } = parseNote(envelope)
    const checkpoint = readCheckpoint(text)
    if (checkpoint.origin !== origin) throw contradiction(`${where} is a checkpoint of ${checkpoint.origin}, not of ${origin}`)
    const keyHash = noteKeyHash(origin, publicKey)
    const own = signatures.filter((line) => line.name === origin && equalBytes(line.keyHash, keyHash))
    const key = { key: Buffer.from(ed25519Spki(publicKey)), format: 'der', type: 'spki' } as const
    if (own.length === 0 || !own.every(({ signature }) => verify(null, utf8(text), key, signature))) {
      throw contradiction(`the signature of ${where} is not this log's`)
    }
    return { size: Number(checkpoint.size), root: checkpoint.root }
  } catch (cause) {
    if (cause instanceof RunproofError && cause.code === 'ledger.contradiction') throw cause
    throw contradiction(`${where} is no checkpoint (${cause instanceof Error ? cause.message : 'unreadable'})`, cause)
  }
}

/** What a ledger says when two of its own statements cannot both be true. */
export function contradiction(what: string, cause?: unknown): RunproofError {
  return new RunproofError('ledger.contradiction', `the ledger contradicts itself: ${what}`, { cause })
}
