import { promisify } from 'node:util'
import { constants, zstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { RunproofError } from '../../../core/model/errors.ts'
import { KIND, PACKING, type Content } from './frame.ts'
import type { RecordMeta, SegmentRecord } from './segments.ts'

/** What a record may have; the doors of the service refuse earlier. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024
export const MAX_META_BYTES = 1024 * 1024

/** A record whose `meta` is written out; `bytes` is what it takes in a frame. */
export type WrittenRecord = { readonly meta: Buffer; readonly body: Uint8Array; readonly packs: boolean; readonly bytes: number }

// Level 1 packs events as well as level 3 does, in two thirds of its time. Below the limit the way to another thread and back takes
// longer than the work.
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
const PACK_HERE_BYTES = 128 * 1024
const LENGTHS_BYTES = 8
const compress = promisify(zstdCompress)

/** @throws RunproofError `format.too_large` */
export function writtenRecord({ meta, body }: SegmentRecord): WrittenRecord {
  const text = Buffer.from(JSON.stringify(meta))
  if (text.length > MAX_META_BYTES) throw tooLarge('what goes with it', text.length, MAX_META_BYTES)
  if (body.length > MAX_BODY_BYTES) throw tooLarge('its body', body.length, MAX_BODY_BYTES)
  return { meta: text, body, packs: meta.encoding === 'identity', bytes: LENGTHS_BYTES + text.length + body.length }
}

/** The content of one frame: packed when most of it was not packed already and it gets shorter. */
export async function contentOf(records: readonly WrittenRecord[]): Promise<Content> {
  const plain = Buffer.concat(records.flatMap(({ meta, body }) => [lengths(meta, body), meta, body]))
  const packable = records.reduce((sum, { packs, bytes }) => sum + (packs ? bytes : 0), 0)
  if (2 * packable > plain.length) {
    const packed = plain.length < PACK_HERE_BYTES ? zstdCompressSync(plain, LEVEL) : await compress(plain, LEVEL)
    if (packed.length < plain.length) return content(PACKING.zstd, packed, plain.length)
  }
  return content(PACKING.stored, plain, plain.length)
}

/** The records of a frame's content, or null when it does not hold what it says. */
export function recordsOf({
  packing,
  packed,
  plainBytes,
}: Omit<Content, 'packed'> & { readonly packed: Buffer }): readonly SegmentRecord[] | null {
  if (packing !== PACKING.stored && packing !== PACKING.zstd) return null
  const plain = packing === PACKING.stored ? packed : zstdDecompressSync(packed, { maxOutputLength: plainBytes })
  if (plain.length !== plainBytes) return null
  const records: SegmentRecord[] = []
  for (let at = 0; at < plain.length;) {
    const body = at + LENGTHS_BYTES + plain.readUInt32BE(at)
    const next = body + plain.readUInt32BE(at + 4)
    if (next > plain.length) return null
    // The frame's tag says that we wrote this ourselves.
    const meta = JSON.parse(plain.toString('utf8', at + LENGTHS_BYTES, body)) as RecordMeta
    records.push({ meta, body: plain.subarray(body, next) })
    at = next
  }
  return records
}

function content(packing: number, packed: Uint8Array, plainBytes: number): Content {
  return { kind: KIND.records, packing, packed, plainBytes }
}

function lengths(meta: Uint8Array, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(LENGTHS_BYTES)
  bytes.writeUInt32BE(meta.length, 0)
  bytes.writeUInt32BE(body.length, 4)
  return bytes
}

function tooLarge(what: string, bytes: number, limit: number): RunproofError {
  return new RunproofError('format.too_large', `a record is refused: ${what} has ${bytes} bytes, more than ${limit}`)
}
