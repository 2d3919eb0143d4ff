import { closeSync, existsSync, fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { segmentNumbers, segmentPath } from '../segments/folder.ts'
import { frameBytes, FRAME_HEADER_BYTES, readFrameHeader } from '../segments/frame.ts'
import { SEGMENT_HEADER_BYTES } from '../segments/header.ts'
import type { Position } from '../segments/segments.ts'
import { Again } from './again.ts'
import { bytesOf } from './pieces.ts'

/** The segments to copy and where the newest ends: what was acknowledged before the question lies before. Closed by who asked. */
export type SegmentPlan = {
  /** Newest first: segments are deleted oldest first, so that what can still be copied never has a hole. */
  readonly numbers: readonly number[]
  readonly end: Position
  /**
   * An open segment, which its taker closes, and how much of it to copy; null when it was deleted and nothing needs it any more.
   * @throws Again when it was deleted and is needed
   */
  readonly take: (segment: number) => { readonly fd: number; readonly bytes: number } | null
  readonly close: () => void
}

/**
 * Looks at what is there now, and holds on to what `place` still needs, which may be deleted meanwhile once it is folded; null when nothing was ever
 * received.
 * @throws Again when some of it is gone already
 */
export function planSegments(data: string, place: Position | null): SegmentPlan | null {
  const folder = join(data, 'segments')
  const held = new Map<number, number>()
  const close = (): void => {
    for (const fd of held.values()) closeSync(fd)
    held.clear()
  }
  try {
    const numbers = existsSync(folder) ? segmentNumbers(folder) : []
    const [oldest, newest] = [numbers[0], numbers.at(-1)]
    if (oldest === undefined || newest === undefined) return nothing(place)
    const needed = numbers.filter((number) => isNeeded(number, place))
    if (oldest > 1 && isNeeded(oldest - 1, place)) throw gone(oldest - 1)
    // The oldest are the next to be deleted.
    for (const number of needed.slice(0, MOST_HELD)) held.set(number, openSync(segmentPath(folder, number), 'r'))
    const end = { segment: newest, offset: endOf(folder, newest, held.get(newest)) }
    return { numbers: numbers.toReversed(), end, take: (segment) => taken(segment, folder, { held, place, end }), close }
  } catch (cause) {
    close()
    // Somebody who deletes while we look can make it look like a hole.
    throw cause instanceof Again ? cause : new Again('the segments changed while they were looked at', { cause })
  }
}

/** A process may have a thousand files open, at the least. */
const MOST_HELD = 200

type Holding = { readonly held: Map<number, number>; readonly place: Position | null; readonly end: Position }

function taken(segment: number, folder: string, { held, place, end }: Holding): ReturnType<SegmentPlan['take']> {
  const fd = held.get(segment) ?? opened(segmentPath(folder, segment))
  held.delete(segment)
  if (fd === null && isNeeded(segment, place)) throw gone(segment)
  if (fd === null) return null
  return { fd, bytes: segment === end.segment ? end.offset : fstatSync(fd).size }
}

/** Whether what lies in a segment may not have been folded yet. */
function isNeeded(segment: number, place: Position | null): boolean {
  return place === null || segment >= place.segment
}

function opened(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

function nothing(place: Position | null): null {
  if (place !== null) throw gone(place.segment)
  return null
}

function gone(segment: number): Again {
  return new Again(`segment ${segment} is not there any more, and evidence.db had not folded it when it was copied`)
}

/** After the last whole frame: what follows is being written at this moment and was not acknowledged. No key is needed to see that. */
function endOf(folder: string, segment: number, held: number | undefined): number {
  const fd = held ?? openSync(segmentPath(folder, segment), 'r')
  try {
    const { size } = fstatSync(fd)
    let offset = Math.min(size, SEGMENT_HEADER_BYTES)
    while (offset + FRAME_HEADER_BYTES <= size) {
      const header = readFrameHeader(bytesOf({ fd, offset, bytes: FRAME_HEADER_BYTES }), { segment, offset })
      const next = header === null ? Infinity : offset + frameBytes(header.packedBytes)
      if (next > size) break
      offset = next
    }
    return offset
  } finally {
    if (held === undefined) closeSync(fd)
  }
}
