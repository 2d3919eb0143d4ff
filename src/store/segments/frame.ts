import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** A frame: 64 bytes of header, then the sealed content, filled up to a multiple of 64. docs/formats/segments.md */
export const FRAME_HEADER_BYTES = 64
/** Frames begin and end at multiples of this, so that none has less than this much of any sector: see `isTorn`. */
const ALIGNMENT = 64

export const KIND = { records: 1, end: 2 } as const
export const PACKING = { stored: 0, zstd: 1 } as const

/** What a frame holds: `packed` is `plainBytes` long once unpacked. */
export type Content = {
  readonly kind: number
  readonly packing: number
  readonly packed: Uint8Array
  readonly plainBytes: number
}

/** The place that a frame is sealed to: the same frame anywhere else does not open. */
export type Place = {
  readonly segment: number
  readonly offset: number
  /** The first frame of a segment is 1. */
  readonly counter: number
  /** Tag of the frame before, or of the segment's header. */
  readonly previousTag: Uint8Array
}

export type FrameHeader = {
  readonly kind: number
  readonly packing: number
  readonly counter: number
  readonly packedBytes: number
  readonly plainBytes: number
  readonly previousTag: Buffer
  readonly tag: Buffer
  readonly raw: Buffer
}

const MAGIC = Buffer.from('RPF1')
// Header fields: the tag and the check sum come after what the tag covers.
const COVERED_BYTES = 44
const SUMMED_BYTES = 60

/** How long a frame with so much content is. */
export function frameBytes(packedBytes: number): number {
  return FRAME_HEADER_BYTES + Math.ceil(packedBytes / ALIGNMENT) * ALIGNMENT
}

/** The frame as it goes to disk, in parts, and its tag. */
export function sealFrame(
  key: Uint8Array,
  place: Place,
  content: Content,
): { readonly parts: readonly Buffer[]; readonly tag: Buffer } {
  const header = Buffer.alloc(FRAME_HEADER_BYTES)
  MAGIC.copy(header)
  header[4] = content.kind
  header[5] = content.packing
  // Nonce: the counter, and eight random bytes because a frame that a crash or a full disk undid leaves its counter to another one,
  // and because somebody may go on from two copies of one folder.
  header.writeUInt32BE(place.counter, 8)
  header.set(randomBytes(8), 12)
  header.writeUInt32BE(content.packed.length, 20)
  header.writeUInt32BE(content.plainBytes, 24)
  header.set(place.previousTag, 28)
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(header)).setAAD(covered(header, place))
  const padding = new Uint8Array(frameBytes(content.packed.length) - FRAME_HEADER_BYTES - content.packed.length)
  const sealed = [cipher.update(content.packed), cipher.update(padding), cipher.final()]
  const tag = cipher.getAuthTag()
  header.set(tag, COVERED_BYTES)
  header.writeUInt32BE(checkSum(header, place), SUMMED_BYTES)
  return { parts: [header, ...sealed].filter(({ length }) => length > 0), tag }
}

/** The header of a frame that was written at this very place; null when there is none, or not a whole one. */
export function readFrameHeader(bytes: Buffer, place: Pick<Place, 'segment' | 'offset'>): FrameHeader | null {
  if (bytes.length < FRAME_HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null
  const raw = bytes.subarray(0, FRAME_HEADER_BYTES)
  if (raw.readUInt32BE(SUMMED_BYTES) !== checkSum(raw, place)) return null
  return {
    kind: raw.readUInt8(4),
    packing: raw.readUInt8(5),
    counter: raw.readUInt32BE(8),
    packedBytes: raw.readUInt32BE(20),
    plainBytes: raw.readUInt32BE(24),
    previousTag: raw.subarray(28, COVERED_BYTES),
    tag: raw.subarray(COVERED_BYTES, SUMMED_BYTES),
    raw,
  }
}

/** The packed content, or null when header or content are not as they were sealed. */
export function openFrame(
  key: Uint8Array,
  place: Pick<Place, 'segment' | 'offset'>,
  header: FrameHeader,
  sealed: Buffer,
): Buffer | null {
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(header.raw)).setAAD(covered(header.raw, place))
  decipher.setAuthTag(header.tag)
  const opened = decipher.update(sealed)
  try {
    decipher.final()
  } catch {
    return null
  }
  return opened.subarray(0, header.packedBytes)
}

function nonceOf(header: Buffer): Buffer {
  return header.subarray(8, 20)
}

function covered(header: Buffer, place: Pick<Place, 'segment' | 'offset'>): Buffer {
  return Buffer.concat([header.subarray(0, COVERED_BYTES), written(place)])
}

/** Against accidents, for who has no key or no whole frame; the tag is against everything else. */
function checkSum(header: Buffer, place: Pick<Place, 'segment' | 'offset'>): number {
  return crc32(written(place), crc32(header.subarray(0, SUMMED_BYTES)))
}

function written({ segment, offset }: Pick<Place, 'segment' | 'offset'>): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeBigUInt64BE(BigInt(segment), 0)
  bytes.writeBigUInt64BE(BigInt(offset), 8)
  return bytes
}
