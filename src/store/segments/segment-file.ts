import { closeSync, fdatasyncSync, fstatSync, openSync, readSync } from 'node:fs'
import { whyOf } from '../../lib/io/read-text.ts'
import { segmentPath, unreadable } from './folder.ts'
import { FRAME_HEADER_BYTES, frameBytes, KIND, openFrame, readFrameHeader, type FrameHeader } from './frame.ts'
import { readHeader, SEGMENT_HEADER_BYTES, type ReadHeader, type SegmentKeys } from './header.ts'
import { MAX_BODY_BYTES, MAX_META_BYTES } from './records.ts'
import { isTorn } from './torn.ts'

export type SegmentFile = ReadHeader & { readonly path: string; readonly number: number; readonly fd: number }

/** A frame whose tag is right and that follows on the one before it. */
export type RawFrame = FrameHeader & { readonly offset: number; readonly next: number; readonly packed: Buffer }

/** A writer never makes a longer one. */
const MAX_FRAME_BYTES = frameBytes(MAX_BODY_BYTES + MAX_META_BYTES + FRAME_HEADER_BYTES)

/**
 * A segment whose header was checked. Who opens it closes its `fd`.
 * @throws RunproofError `store.unreadable`
 */
export function openSegmentFile(folder: string, number: number, keys: SegmentKeys): SegmentFile {
  const path = segmentPath(folder, number)
  const fd = opened(path)
  try {
    const read = readHeader(keys, bytesAt(fd, 0, SEGMENT_HEADER_BYTES))
    if (typeof read === 'string') throw unreadable(path, 0, read)
    if (read.header.number !== number) throw unreadable(path, 0, `it is segment ${read.header.number}, not ${number}`)
    return { path, number, fd, ...read }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/**
 * The frames from one on, in order, each checked against the one before it. `until` is an offset where a frame ends and up to which
 * all must be there; null: to the end of the newest segment, where a frame in the making may follow.
 * @throws RunproofError `store.unreadable` with the place
 */
export function* framesOf(file: SegmentFile, from: number, until: number | null): Generator<RawFrame, void> {
  const end = until ?? durableBytes(file)
  // From the middle, the first frame's own tag must do.
  let before = from === SEGMENT_HEADER_BYTES ? { counter: 0, tag: file.header.tag } : null
  let offset = from
  while (offset < end) {
    const frame = frameAt(file, offset, end)
    if (frame === null && until === null && tornAt(file, offset, end)) return
    if (frame === null) throw unreadable(file.path, offset, damaged(until === null))
    if (before && (frame.counter !== before.counter + 1 || !frame.previousTag.equals(before.tag)))
      throw unreadable(file.path, offset, 'the frame is not the one that was written after the frame before it')
    yield frame
    if (frame.kind === KIND.end && frame.next < end) throw unreadable(file.path, frame.next, 'the segment was ended before this')
    before = frame
    offset = frame.next
  }
  if (offset > end) throw unreadable(file.path, end, `it ends here, before ${offset}`)
}

/** Flushed first: what another thread has written but not yet made durable must not be built upon. */
function durableBytes({ path, fd }: SegmentFile): number {
  const { size } = fstatSync(fd)
  try {
    fdatasyncSync(fd)
  } catch (error) {
    // A read-only disk has nothing to flush.
    if (!(error instanceof Error && 'code' in error && (error.code === 'EROFS' || error.code === 'EINVAL')))
      throw unreadable(path, 0, whyOf(error), error)
  }
  return size
}

function frameAt({ fd, key, number }: SegmentFile, offset: number, end: number): RawFrame | null {
  const place = { segment: number, offset }
  const header = readFrameHeader(bytesAt(fd, offset, FRAME_HEADER_BYTES), place)
  if (header === null) return null
  const next = offset + frameBytes(header.packedBytes)
  if (next > end) return null
  const packed = openFrame(key, place, header, bytesAt(fd, offset + FRAME_HEADER_BYTES, next - offset - FRAME_HEADER_BYTES))
  return packed && { ...header, offset, next, packed }
}

function tornAt({ fd, number }: SegmentFile, offset: number, end: number): boolean {
  return end - offset <= MAX_FRAME_BYTES && isTorn(bytesAt(fd, offset, end - offset), { segment: number, offset })
}

function damaged(newest: boolean): string {
  const what = 'what lies there is not what was written'
  if (!newest) return `${what}; restore the file from a backup`
  return `${what}, and no crash of ours leaves this; restore the file from a backup, or give up everything from there on by cutting the file to that length`
}

function opened(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw unreadable(path, 0, whyOf(error), error)
  }
}

/** Shorter at the end of the file. */
function bytesAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length)
  let filled = 0
  while (filled < length) {
    const read = readSync(fd, bytes, filled, length - filled, offset + filled)
    if (read === 0) break
    filled += read
  }
  return bytes.subarray(0, filled)
}
