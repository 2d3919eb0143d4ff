import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync } from 'node:fs'
import { segmentNumbers, unreadable } from './folder.ts'
import { KIND } from './frame.ts'
import { SEGMENT_HEADER_BYTES, type SegmentKeys } from './header.ts'
import { framesOf, openSegmentFile } from './segment-file.ts'
import type { SegmentLog } from './segments.ts'
import { beginSegment, type WriterState } from './write-segments.ts'

type Recovered = { readonly state: WriterState; readonly cut: SegmentLog['cut'] }
type Options = { readonly folder: string; readonly key: SegmentKeys; readonly now: () => number }

/**
 * Finds where to go on: checks how the segments follow each other and every frame of the newest, and cuts a frame off that was never
 * finished. Segments that were ended before are checked when they are read.
 * @throws RunproofError `store.unreadable`
 */
export function recover({ folder, key, now }: Options): Recovered {
  const numbers = segmentNumbers(folder)
  const newest = numbers.at(-1)
  if (newest === undefined) return { state: beginSegment({ folder, key, now, before: null }), cut: null }
  for (const number of numbers.slice(0, -1)) checkLength(folder, number, key)
  return goOn(folder, newest, key)
}

function checkLength(folder: string, number: number, key: SegmentKeys): void {
  const file = openSegmentFile(folder, number, key)
  const next = openSegmentFile(folder, number + 1, key)
  const { size } = fstatSync(file.fd)
  const { offset } = next.header.previous
  closeSync(file.fd)
  closeSync(next.fd)
  if (size < offset) throw unreadable(file.path, size, `it ends here; it had ${offset} bytes`)
}

function goOn(folder: string, number: number, keys: SegmentKeys): Recovered {
  const file = openSegmentFile(folder, number, keys)
  let end: Pick<WriterState, 'offset' | 'frames' | 'tag' | 'ended'> = {
    offset: SEGMENT_HEADER_BYTES,
    frames: 0,
    tag: file.header.tag,
    ended: false,
  }
  try {
    for (const { next, counter, tag, kind } of framesOf(file, SEGMENT_HEADER_BYTES, null)) {
      end = { offset: next, frames: counter, tag, ended: kind === KIND.end }
    }
  } finally {
    closeSync(file.fd)
  }
  const fd = openSync(file.path, 'r+')
  const bytes = fstatSync(fd).size - end.offset
  if (bytes > 0) {
    ftruncateSync(fd, end.offset)
    fdatasyncSync(fd)
  }
  const at = { segment: number, offset: end.offset }
  // With a new key a new segment begins.
  const ended = end.ended || !file.isCurrent
  return { state: { number, fd, key: file.key, ...end, ended }, cut: bytes > 0 ? { at, bytes } : null }
}
