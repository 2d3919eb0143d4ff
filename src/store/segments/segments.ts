import type { JsonValue } from '../../../core/proof/jcs.ts'
import { checkedKeys, type SegmentKeys } from './header.ts'
import { openFolder } from './folder.ts'
import { lockFolder } from '../../lib/io/folder-lock.ts'
import { recover } from './recover.ts'
import { systemFiles, writeSegments, type Files } from './write-segments.ts'
import { logOf } from './group-commit.ts'

export type { SegmentKeys } from './header.ts'
export { listSegments, pruneSegments, type SegmentInfo } from './folder.ts'
export { readSegments, START, comparePositions } from './read-segments.ts'

/** One thing that was received: what we know of it, and the bytes as they came. */
export type SegmentRecord = { readonly meta: RecordMeta; readonly body: Uint8Array }

export type RecordMeta = {
  /** Whose events these are, or `auto`. */
  readonly sensor: string
  /** Id of the authenticated sender. */
  readonly source: string
  /** `application/environment` that the sender may speak for; null: all. */
  readonly scopes: readonly string[] | null
  readonly receivedMs: number
  /** How the body is packed, as its sender said. */
  readonly encoding: 'identity' | 'gzip' | 'zstd'
  /** Set when the body is a part of a batch of a forwarder. */
  readonly batch: {
    readonly id: string
    readonly part: number
    readonly digest: string
    readonly envelope: JsonValue | null
  } | null
}

/** Where a frame begins: segments count from 1, `offset` is in bytes. */
export type Position = { readonly segment: number; readonly offset: number }

/** What one write made durable: `at` is its place, `next` the place to read on from. */
export type Frame = { readonly at: Position; readonly next: Position; readonly records: readonly SegmentRecord[] }

export type SegmentLog = {
  /**
   * Durable when it resolves, with the position of the record's frame; records that wait together share a frame and a flush. The body
   * must not change before.
   * @throws RunproofError (as a rejection) `store.full`: nothing of it was kept, later appends work when there is room; `file.unwritable`:
   * the disk failed, later appends go to another segment, and only a crash before the next could still bring it back; `format.too_large`
   */
  append(record: SegmentRecord): Promise<Position>
  /** Where the next frame will be: what lies before is durable. */
  end(): Position
  /** Bytes that were given to `append` and are not durable yet, for back-pressure. */
  pending(): number
  /** The unfinished frame that a crash had left at the end and that was cut off, if there was one. Nothing of it was acknowledged. */
  readonly cut: { readonly at: Position; readonly bytes: number } | null
  /** Flushes what waits, then lets another process in. Appends after this are rejected. */
  close(): Promise<void>
}

export type OpenSegmentsOptions = {
  readonly folder: string
  /** 32 secret bytes; whoever has them can read everything that was received. In a list, the first writes and the others read. */
  readonly key: SegmentKeys
  /** A segment that has reached this is ended and the next begun. A single larger frame may exceed it. */
  readonly maxSegmentBytes?: number
  readonly now?: () => number
  /** How files are written; a test puts failing disks here. */
  readonly files?: Files
}

const MAX_SEGMENT_BYTES = 64 * 1024 * 1024

/**
 * Opens the log of what was received (docs/formats/segments.md), or makes it. What a crash left unfinished at its end is cut off;
 * anything else that is not as it was written is refused, with file and offset.
 * @throws RunproofError `store.busy` when another process has it open; `store.unreadable`; `store.full`; `key.malformed`
 */
export async function openSegments(options: OpenSegmentsOptions): Promise<SegmentLog> {
  const { folder, maxSegmentBytes = MAX_SEGMENT_BYTES, now = Date.now, files = systemFiles } = options
  const key = checkedKeys(options.key)
  openFolder(folder)
  const unlock = lockFolder(folder, `another process receives into ${folder}; stop it first, two cannot write there`)
  try {
    const { state, cut } = recover({ folder, key, now })
    const writer = writeSegments({ folder, key, maxSegmentBytes, now, files, state })
    return logOf({ writer, cut, unlock })
  } catch (error) {
    unlock()
    throw error
  }
}
