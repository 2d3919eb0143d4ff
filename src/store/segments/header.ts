import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { RunproofError } from '../../../core/model/errors.ts'

/** How a segment begins: 128 bytes, docs/formats/segments.md. */
export const SEGMENT_HEADER_BYTES = 128
export const TAG_BYTES = 16

/** Where a segment ends, how many frames it has, and the tag of the last one. */
export type Ending = { readonly offset: number; readonly frames: number; readonly tag: Uint8Array }

/** What segment 1 says of the one before it. */
export const NOTHING_BEFORE: Ending = { offset: 0, frames: 0, tag: new Uint8Array(TAG_BYTES) }

export type SegmentHeader = {
  readonly number: number
  readonly createdMs: number
  readonly previous: Ending
  /** The first link of the chain of frames. */
  readonly tag: Uint8Array
}

const MAGIC = Buffer.from('RPSEG001')
const KEY_BYTES = 32
const SIGNED_BYTES = SEGMENT_HEADER_BYTES - TAG_BYTES
// Frames count from 1, so that none of them has this nonce.
const HEADER_NONCE = new Uint8Array(12)

/** The key that new segments are sealed with; in a list, those of older segments follow it. */
export type SegmentKeys = Uint8Array | readonly Uint8Array[]

/** @throws RunproofError `key.malformed` unless there is one and each has 32 bytes. */
export function checkedKeys(keys: SegmentKeys): SegmentKeys {
  const wrong = listed(keys).find(({ length }) => length !== KEY_BYTES)
  if (wrong === undefined && listed(keys).length > 0) return keys
  throw new RunproofError('key.malformed', `the key of the segments has ${wrong?.length ?? 0} bytes, not ${KEY_BYTES}`)
}

function listed(keys: SegmentKeys): readonly Uint8Array[] {
  return keys instanceof Uint8Array ? [keys] : keys
}

/** A new segment's header, and the key that its frames are sealed with: no two segments share one. */
export function newHeader(keys: SegmentKeys, { number, createdMs, previous }: Omit<SegmentHeader, 'tag'>) {
  const [master = new Uint8Array()] = listed(keys)
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  MAGIC.copy(bytes)
  bytes.writeBigUInt64BE(BigInt(number), 8)
  bytes.writeBigUInt64BE(BigInt(createdMs), 16)
  bytes.set(keyId(master), 24)
  bytes.set(randomBytes(32), 32)
  bytes.writeBigUInt64BE(BigInt(previous.offset), 64)
  bytes.writeBigUInt64BE(BigInt(previous.frames), 72)
  bytes.set(previous.tag, 80)
  const key = segmentKey(master, bytes)
  const cipher = createCipheriv('aes-256-gcm', key, HEADER_NONCE).setAAD(bytes.subarray(0, SIGNED_BYTES))
  cipher.final()
  const tag = cipher.getAuthTag()
  bytes.set(tag, SIGNED_BYTES)
  return { bytes, key, header: { number, createdMs, previous, tag } satisfies SegmentHeader }
}

export type ReadHeader = {
  readonly header: SegmentHeader
  /** Its frames'. */
  readonly key: Uint8Array
  /** It was begun with the key that new segments are begun with. */
  readonly isCurrent: boolean
}

/** The header and the frames' key; or why it is not to be believed. */
export function readHeader(keys: SegmentKeys, bytes: Buffer): ReadHeader | string {
  const header = headerFields(bytes)
  if (header === null) return 'it does not begin as a segment of this version does'
  const known = listed(keys)
  const at = known.findIndex((key) => bytes.subarray(24, 32).equals(keyId(key)))
  const master = known[at]
  if (master === undefined) return 'it was written with another key'
  const key = segmentKey(master, bytes)
  const decipher = createDecipheriv('aes-256-gcm', key, HEADER_NONCE).setAAD(bytes.subarray(0, SIGNED_BYTES))
  decipher.setAuthTag(bytes.subarray(SIGNED_BYTES))
  try {
    decipher.final()
  } catch {
    return 'its header was changed'
  }
  return { header, key, isCurrent: at === 0 }
}

/** What a header says, unchecked: without the key nobody can tell whether it is true. Null: it is none. */
export function headerFields(bytes: Buffer): SegmentHeader | null {
  if (bytes.length !== SEGMENT_HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null
  return {
    number: Number(bytes.readBigUInt64BE(8)),
    createdMs: Number(bytes.readBigUInt64BE(16)),
    previous: {
      offset: Number(bytes.readBigUInt64BE(64)),
      frames: Number(bytes.readBigUInt64BE(72)),
      tag: Buffer.from(bytes.subarray(80, 96)),
    },
    tag: Buffer.from(bytes.subarray(SIGNED_BYTES)),
  }
}

/** RFC 5869 with the segment's own 32 random bytes as salt. */
function segmentKey(master: Uint8Array, header: Buffer): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, header.subarray(32, 64), 'runproof.segments.frames.v1', KEY_BYTES))
}

/** Tells a wrong key from a damaged file. */
function keyId(master: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, new Uint8Array(0), 'runproof.segments.key-id.v1', 8))
}
