import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { whyOf } from '../../lib/io/read-text.ts'
import { headerFields, SEGMENT_HEADER_BYTES } from './header.ts'
import type { Position } from './segments.ts'

/** One segment's file. Its times are as it says: only reading it, with the key, checks them. */
export type SegmentInfo = {
  readonly segment: number
  readonly path: string
  readonly bytes: number
  readonly createdMs: number
  /** When the next one was begun: nothing in this one is younger. Null: it is the newest. */
  readonly endedMs: number | null
}

export type PruneOptions = {
  readonly folder: string
  /** Everything from here on is still needed: the position up to which the reader has come, or an earlier one. */
  readonly before: Position
  /** Only segments that ended before this time. */
  readonly endedBeforeMs: number
}

/**
 * The segments that are there, oldest first.
 * @throws RunproofError `store.unreadable`
 */
export function listSegments(folder: string): readonly SegmentInfo[] {
  const numbers = segmentNumbers(folder)
  const created = numbers.map((segment) => createdMsOf(folder, segment))
  return numbers.map((segment, i) => {
    const path = segmentPath(folder, segment)
    return { segment, path, bytes: statSync(path).size, createdMs: created[i] ?? 0, endedMs: created[i + 1] ?? null }
  })
}

/**
 * Deletes, oldest first, the segments that end before a position and a time; never the newest. Durable when it returns what it deleted.
 * @throws RunproofError `store.unreadable`; what the file system throws
 */
export function pruneSegments({ folder, before, endedBeforeMs }: PruneOptions): readonly SegmentInfo[] {
  const removed: SegmentInfo[] = []
  // One after the other and never past one that stays: a hole in the numbers is damage.
  for (const one of listSegments(folder)) {
    if (one.endedMs === null || one.endedMs >= endedBeforeMs || one.segment >= before.segment) break
    rmSync(one.path)
    removed.push(one)
  }
  if (removed.length > 0) fsyncFolder(folder)
  return removed
}

/** Makes the folder if need be, and takes away what a crash left of a segment in the making. */
export function openFolder(folder: string): void {
  try {
    if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) fsyncFolder(dirname(folder))
    for (const name of readdirSync(folder)) {
      if (/^\.\d{10}\.segment\.\w+\.tmp$/.test(name)) rmSync(join(folder, name), { force: true })
    }
  } catch (error) {
    throw new RunproofError('store.unreadable', `cannot use the folder ${folder}: ${whyOf(error)}`, { cause: error })
  }
}

export function segmentPath(folder: string, segment: number): string {
  return join(folder, `${String(segment).padStart(10, '0')}.segment`)
}

/**
 * Their numbers, ascending.
 * @throws RunproofError `store.unreadable` when one in between is missing.
 */
export function segmentNumbers(folder: string): readonly number[] {
  const names = readdirSync(folder).flatMap((name) => /^(\d{10})\.segment$/.exec(name)?.[1] ?? [])
  const numbers = names.map(Number).sort((a, b) => a - b)
  const gap = numbers.findIndex((number, i) => i > 0 && number !== (numbers[i - 1] ?? 0) + 1)
  if (gap > 0) throw unreadable(segmentPath(folder, (numbers[gap - 1] ?? 0) + 1), 0, 'it is missing; later segments are there')
  return numbers
}

/** Damage, with its place. */
export function unreadable(path: string, offset: number, why: string, cause?: unknown): RunproofError {
  return new RunproofError('store.unreadable', `cannot read ${path} at byte ${offset}: ${why}`, { cause })
}

function createdMsOf(folder: string, segment: number): number {
  const path = segmentPath(folder, segment)
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  const fd = openSync(path, 'r')
  try {
    const header = headerFields(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)))
    if (header === null) throw unreadable(path, 0, 'it does not begin as a segment of this version does')
    return header.createdMs
  } finally {
    closeSync(fd)
  }
}

function fsyncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
