import { BATCH_PAYLOAD_TYPE, BatchHeaderSchema, type BatchHeader } from '../../core/model/batch.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { fromBase64, fromUtf8 } from '../../core/proof/bytes.ts'
import { readEnvelope, verifyEnvelope, type Envelope } from '../../core/proof/dsse.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { parseJson } from '../../core/proof/json.ts'
import { keyHint } from '../../core/proof/keys.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { shaped } from '../../core/proof/shape.ts'

/** The last link of a stream that was accepted. */
export type Link = { readonly seq: number; readonly digest: string }

/** A signed statement about a batch that was checked: who made it, and its digest, which the next one must name. */
export type SignedBatch = { readonly header: BatchHeader; readonly digest: string; readonly envelope: Envelope }

/** What is longer is no statement about a batch. */
const MAX_HEADER = 16 * 1024

/**
 * Checks the statement that came with a body: signed by the sender's enrolled key, about this sender and this very body.
 * @throws RunproofError `signature.invalid`, `format.malformed`
 */
export async function readSignedBatch(
  encoded: string,
  body: Uint8Array,
  sender: { readonly id: string; readonly key: Uint8Array },
): Promise<SignedBatch> {
  if (encoded.length > MAX_HEADER) throw new RunproofError('format.malformed', 'the statement about the batch is too long')
  const envelope = readEnvelope(parseJson(fromUtf8(fromBase64(encoded))))
  const signers = [{ name: sender.id, spki: sender.key, keyId: keyHint(sender.key) }]
  const checked = await verifyEnvelope(envelope, signers, BATCH_PAYLOAD_TYPE)
  if (!checked.ok) throw new RunproofError('signature.invalid', `the statement about the batch: ${checked.why}`)
  const content = parseJson(fromUtf8(checked.payload))
  const header = shaped(BatchHeaderSchema, content, 'a statement about a batch') as BatchHeader
  if (header.sensor !== sender.id)
    throw new RunproofError('signature.invalid', `the batch is ${header.sensor}'s, and ${sender.id} sent it`)
  if (header.body.bytes !== body.length || header.body.sha256 !== sha256Hex(body)) {
    throw new RunproofError('signature.invalid', 'the body is not the one that was signed')
  }
  return { header, digest: sha256Hex(checked.payload), envelope }
}

/** `next`: it follows the last link. `repeated`: it is the last link once more. */
export type Following = 'next' | 'repeated'

/**
 * Whether a batch continues its stream. A batch that is missing is asked for and never skipped, so no evidence can go unnoticed.
 * @throws RunproofError `batch.out_of_order` naming the one that is expected; `batch.conflict` when another batch of this number was accepted
 */
export function follows(
  last: Link | null,
  { header: { seq, prevDigest }, digest }: Pick<SignedBatch, 'header' | 'digest'>,
): Following {
  if (last !== null && seq === last.seq) {
    if (digest === last.digest) return 'repeated'
    throw new RunproofError('batch.conflict', `another batch ${seq} of this stream was accepted before`)
  }
  const expected = (last?.seq ?? 0) + 1
  if (seq !== expected) throw new RunproofError('batch.out_of_order', `batch ${expected} of this stream is expected, not ${seq}`)
  if (prevDigest !== (last?.digest ?? null)) {
    throw new RunproofError('batch.conflict', `batch ${seq} follows another batch ${seq - 1} than the one that was accepted`)
  }
  return 'next'
}

/** What is kept beside the body, as evidence of who sent it, and for finding the stream's last link again. */
export function keptEnvelope({ header: { sensor, stream, seq }, digest, envelope }: SignedBatch): JsonValue {
  return { link: { sensor, stream, seq, digest }, envelope }
}
