import { closeSync, fdatasync, ftruncateSync, openSync, rmSync, writev } from 'node:fs'
import { promisify } from 'node:util'
import { RunproofError } from '../../../core/model/errors.ts'
import { createFile } from '../../lib/io/durable-file.ts'
import { segmentPath, unreadable } from './folder.ts'
import { frameBytes, KIND, PACKING, sealFrame, type Content } from './frame.ts'
import { newHeader, NOTHING_BEFORE, SEGMENT_HEADER_BYTES, type Ending, type SegmentKeys } from './header.ts'
import type { Position } from './segments.ts'

/** The newest segment: what is durable of it. */
export type WriterState = Ending & {
  readonly number: number
  readonly fd: number
  readonly key: Uint8Array
  /** Nothing may be added: it has its end frame, its disk failed, or it was begun with an earlier key. */
  readonly ended: boolean
}

export type Files = {
  /** Writes as much as it can; resolves to how much. */
  readonly write: (fd: number, parts: readonly Uint8Array[], offset: number) => Promise<number>
  readonly flush: (fd: number) => Promise<void>
  readonly cut: (fd: number, bytes: number) => void
}

export type SegmentWriter = {
  /** One frame, durable when it resolves to its place. One at a time. */
  write(content: Content): Promise<Position>
  end(): Position
  close(): void
}

export type WriteOptions = BeginOptions & { readonly maxSegmentBytes: number; readonly files: Files; readonly state: WriterState }
type BeginOptions = { readonly folder: string; readonly key: SegmentKeys; readonly now: () => number }

const flush = promisify(fdatasync)
const writeParts = promisify(writev)

export const systemFiles: Files = {
  write: async (fd, parts, offset) => (await writeParts(fd, parts, offset)).bytesWritten,
  flush,
  cut: ftruncateSync,
}

const END: Content = { kind: KIND.end, packing: PACKING.stored, packed: new Uint8Array(0), plainBytes: 0 }

/** Adds frames to the newest segment, and begins the next when it is full or its disk failed. */
export function writeSegments({ state: first, maxSegmentBytes, files, ...begin }: WriteOptions): SegmentWriter {
  let state = first

  /** What did not become durable is undone; where that cannot be known, the segment gets nothing more. */
  const add = async (content: Content): Promise<Position> => {
    const { number, fd, key, offset, frames, tag } = state
    const sealed = sealFrame(key, { segment: number, offset, counter: frames + 1, previousTag: tag }, content)
    const failed = (error: unknown, abandon: boolean): RunproofError => {
      const undone = undo(files, fd, offset)
      state = { ...state, ended: abandon || !undone }
      return writeError(segmentPath(begin.folder, number), error)
    }
    await writeAll(files, fd, sealed.parts, offset).catch((error: unknown) => {
      throw failed(error, !isFull(error))
    })
    // After a failed flush the kernel may have dropped what it could not write and call the next flush a success.
    await files.flush(fd).catch((error: unknown) => {
      throw failed(error, true)
    })
    const ended = content.kind === KIND.end
    state = { ...state, offset: offset + frameBytes(content.packed.length), frames: frames + 1, tag: sealed.tag, ended }
    return { segment: number, offset }
  }

  return {
    async write(content) {
      const room = maxSegmentBytes - state.offset - frameBytes(END.packed.length)
      if (!state.ended && state.frames > 0 && frameBytes(content.packed.length) > room) await add(END)
      if (state.ended) {
        const { fd } = state
        state = beginSegment({ ...begin, before: state })
        closeSync(fd)
      }
      return add(content)
    },
    end: () => ({ segment: state.number, offset: state.offset }),
    close: () => closeSync(state.fd),
  }
}

/**
 * The segment after `before`, or the first, durable with its header.
 * @throws RunproofError `store.full`, `file.unwritable`
 */
export function beginSegment({ folder, key, now, before }: BeginOptions & { readonly before: WriterState | null }): WriterState {
  const number = (before?.number ?? 0) + 1
  const path = segmentPath(folder, number)
  const made = newHeader(key, { number, createdMs: now(), previous: before ?? NOTHING_BEFORE })
  try {
    if (!createFile(path, made.bytes, 0o600)) throw unreadable(path, 0, 'it is there already')
    const fd = openSync(path, 'r+')
    return { number, fd, key: made.key, offset: SEGMENT_HEADER_BYTES, frames: 0, tag: made.header.tag, ended: false }
  } catch (error) {
    if (error instanceof RunproofError) throw error
    // It may be there but not durable: the next attempt makes it anew.
    rmSync(path, { force: true })
    throw writeError(path, error)
  }
}

async function writeAll(files: Files, fd: number, parts: readonly Uint8Array[], offset: number): Promise<void> {
  let rest = parts
  let at = offset
  while (rest.length > 0) {
    const written = await files.write(fd, rest, at)
    at += written
    rest = without(rest, written)
  }
}

function without(parts: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let skip = bytes
  return parts.flatMap((part) => {
    const taken = Math.min(skip, part.length)
    skip -= taken
    return taken === part.length ? [] : [part.subarray(taken)]
  })
}

function undo(files: Files, fd: number, offset: number): boolean {
  try {
    files.cut(fd, offset)
    return true
  } catch {
    return false
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

function writeError(path: string, error: unknown): RunproofError {
  if (isFull(error)) {
    const why = `the disk that holds ${path} is full; nothing of this was kept: make room and send it again`
    return new RunproofError('store.full', why, { cause: error })
  }
  const why = error instanceof Error ? error.message : String(error)
  return new RunproofError('file.unwritable', `cannot write ${path}: ${why}; a new segment follows when this is sent again`, {
    cause: error,
  })
}
