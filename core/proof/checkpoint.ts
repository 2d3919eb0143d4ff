import { RunproofError } from '../model/errors.ts'
import { base64, fromBase64 } from './bytes.ts'
import { HASH_BYTES } from './merkle.ts'
import { verifyNote } from './note.ts'

export type Checkpoint = {
  readonly origin: string
  readonly size: bigint
  readonly root: Uint8Array
  readonly extensions: readonly string[]
}
export type Log = { readonly origin: string; readonly publicKey: Uint8Array }

/**
 * C2SP tlog-checkpoint: the text of a note (without its signatures), which is not verified here.
 * @throws RunproofError `format.malformed`
 */
export function readCheckpoint(noteText: string): Checkpoint {
  const lines = noteText.split('\n')
  if (lines.pop() !== '' || lines.length < 3) throw malformed('origin, size and root each on a line of its own')
  // sigstore-js ends the text at the first blank line, we at the last: with none inside, everybody reads the same text.
  if (lines.includes('')) throw malformed('no line may be empty')
  const [origin = '', size = '', root = '', ...extensions] = lines
  return { origin, size: sizeOf(size), root: rootOf(root), extensions }
}

/** The text to sign; no extension lines, as the specification advises. @throws RunproofError `format.malformed` */
export function formatCheckpointBody({
  origin,
  size,
  root,
}: Omit<Checkpoint, 'extensions' | 'size'> & { readonly size: bigint | number }): string {
  const text = `${origin}\n${size}\n${base64(root)}\n`
  const { extensions } = readCheckpoint(text)
  if (extensions.length > 0) throw malformed('the origin holds a newline')
  return text
}

/**
 * A checkpoint that this log signed, under its own origin. Other signatures (witnesses) are neither needed nor harmful.
 * @throws RunproofError `signature.invalid` (signature, or another log's origin), `format.malformed`, `format.too_large`.
 */
export async function verifyCheckpoint(envelopeText: string, { origin, publicKey }: Log): Promise<Checkpoint> {
  const { text } = await verifyNote(envelopeText, [{ name: origin, publicKey }])
  const checkpoint = readCheckpoint(text)
  if (checkpoint.origin !== origin)
    throw new RunproofError('signature.invalid', `a checkpoint of ${checkpoint.origin}, not of ${origin}`)
  return checkpoint
}

function sizeOf(line: string): bigint {
  if (!/^(?:0|[1-9][0-9]{0,19})$/.test(line)) throw malformed('the size is not a decimal number')
  const size = BigInt(line)
  if (size >= 1n << 64n) throw malformed('the size is outside uint64')
  return size
}

function rootOf(line: string): Uint8Array {
  const root = fromBase64(line)
  if (root.length !== HASH_BYTES) throw malformed(`the root has ${root.length} bytes, not ${HASH_BYTES}`)
  return root
}

function malformed(why: string): RunproofError {
  return new RunproofError('format.malformed', `not a checkpoint: ${why}`)
}
