import { closeSync, fsyncSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Shelves } from './shelves.ts'

/** The file of an object: as it is, or packed with gzip and named `.gz`. */
export type ObjectFile = { readonly path: string; readonly packed: boolean }
export type Kept = ObjectFile & { readonly bytes: number }

/**
 * Where the object would be: as it is, packed.
 * @throws RunproofError `format.malformed` for what is no digest; it could lead anywhere.
 */
export function filesOf({ folder }: Pick<Shelves, 'folder'>, digest: string): readonly [ObjectFile, ObjectFile] {
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new RunproofError('format.malformed', 'not a SHA-256 in lower-case hex')
  const path = join(folder, digest.slice(0, 2), digest)
  return [
    { path, packed: false },
    { path: `${path}.gz`, packed: true },
  ]
}

/** Where it is, or null. */
export function kept(shelves: Pick<Shelves, 'folder'>, digest: string): Kept | null {
  for (const file of filesOf(shelves, digest)) {
    const bytes = statSync(file.path, { throwIfNoEntry: false })?.size
    if (bytes !== undefined) return { ...file, bytes }
  }
  return null
}

export function missing({ folder }: Pick<Shelves, 'folder'>, digest: string): never {
  throw new RunproofError('store.unreadable', `there is no object ${digest} in ${folder}; restore it from a backup`)
}

export function damaged({ path }: ObjectFile, why: string, cause?: unknown): RunproofError {
  return new RunproofError('store.unreadable', `${path} is damaged: ${why}; restore it from a backup`, { cause })
}

/** The content's length: a gzip file ends with it (RFC 1952 §2.3.1), modulo 2³², which no object reaches. */
export function unpackedBytes(file: Kept): number {
  if (!file.packed) return file.bytes
  const last = Buffer.alloc(4)
  const fd = openSync(file.path, 'r')
  try {
    if (file.bytes < GZIP_FRAME_BYTES || readSync(fd, last, 0, 4, file.bytes - 4) !== 4) throw damaged(file, 'it is too short')
  } finally {
    closeSync(fd)
  }
  return last.readUInt32LE()
}

/** What a file holds; unpacked, not more than it says itself. */
export function unpacked(file: ObjectFile, bytes: Uint8Array, length: number): Uint8Array {
  if (!file.packed) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(length, 1) })
  } catch (error) {
    throw damaged(file, 'it cannot be unpacked', error)
  }
}

export function fsyncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Header and trailer of RFC 1952. */
const GZIP_FRAME_BYTES = 18
