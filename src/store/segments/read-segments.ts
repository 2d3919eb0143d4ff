import { closeSync, existsSync } from 'node:fs'
import { segmentNumbers, segmentPath, unreadable } from './folder.ts'
import { KIND } from './frame.ts'
import { checkedKeys, SEGMENT_HEADER_BYTES, type Ending, type SegmentKeys } from './header.ts'
import { recordsOf } from './records.ts'
import { framesOf, openSegmentFile, type RawFrame, type SegmentFile } from './segment-file.ts'
import type { Frame, Position, SegmentRecord } from './segments.ts'

export type ReadSegmentsOptions = {
  readonly folder: string
  readonly key: SegmentKeys
  /** `START`, or a `next` of an earlier frame. */
  readonly from: Position
  /** Where to stop: the writer's `end()`. Default: at the end of what is durable. */
  readonly until?: Position
}

/** The beginning of a log from which nothing was deleted yet. Of another, `{ segment: listSegments(folder)[0].segment, offset: 0 }`. */
export const START: Position = { segment: 1, offset: 0 }

/** Negative when `a` lies before `b`. */
export function comparePositions(a: Position, b: Position): number {
  return a.segment - b.segment || a.offset - b.offset
}

/**
 * Frames from a position on, in order, as far as they are durable now; it never waits for more. For another thread than the writer's, and
 * for tools. Each frame, and its place among the others, is checked before it is handed out.
 * @throws RunproofError `store.unreadable` with file and offset, also when the position was deleted or lies past the end: then this log is
 * not the one that was read before, or lost its end.
 */
export function* readSegments({ folder, key, from, until }: ReadSegmentsOptions): Generator<Frame, void> {
  checkedKeys(key)
  if (from.segment === START.segment && segmentNumbers(folder).length === 0 && from.offset === 0) return
  let at = { ...from, offset: Math.max(from.offset, SEGMENT_HEADER_BYTES) }
  for (;;) {
    const file = openSegmentFile(folder, at.segment, key)
    let ending: Ending | null
    try {
      ending = endingOf(folder, at.segment, key)
      yield* framesIn(file, { from: at.offset, ending, until })
    } finally {
      closeSync(file.fd)
    }
    if (ending === null || until?.segment === at.segment) return
    at = { segment: at.segment + 1, offset: SEGMENT_HEADER_BYTES }
  }
}

type Span = { readonly from: number; readonly ending: Ending | null; readonly until: Position | undefined }

function* framesIn(file: SegmentFile, { from, ending, until }: Span): Generator<Frame, void> {
  const stop = until?.segment === file.number ? until.offset : null
  let last: RawFrame | null = null
  for (const raw of framesOf(file, from, stop ?? ending?.offset ?? null)) {
    last = raw
    if (raw.kind === KIND.end) continue
    yield {
      at: { segment: file.number, offset: raw.offset },
      next: { segment: file.number, offset: raw.next },
      records: recordsIn(file, raw),
    }
  }
  if (stop === null && ending && last && !(last.counter === ending.frames && last.tag.equals(ending.tag)))
    throw unreadable(file.path, last.offset, 'the next segment was begun after another frame than this one')
}

/** Where a segment ended, as the next one says: what an undone write may have left after that was never acknowledged. */
function endingOf(folder: string, number: number, key: SegmentKeys): Ending | null {
  if (!existsSync(segmentPath(folder, number + 1))) return null
  const next = openSegmentFile(folder, number + 1, key)
  closeSync(next.fd)
  return next.header.previous
}

function recordsIn(file: SegmentFile, raw: RawFrame): readonly SegmentRecord[] {
  if (raw.kind !== KIND.records) throw unreadable(file.path, raw.offset, 'a newer Runproof wrote it')
  let records: readonly SegmentRecord[] | null = null
  try {
    records = recordsOf(raw)
  } catch (error) {
    throw unreadable(file.path, raw.offset, 'its content cannot be unpacked', error)
  }
  if (records === null) throw unreadable(file.path, raw.offset, 'its content is not what it says')
  return records
}
