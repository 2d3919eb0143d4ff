import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { tarHeader, tarPadding } from '../../../core/proof/tar.ts'
import { fsyncFolder, writeAll } from './pieces.ts'

/** Writes one member after the other; nothing is at `out` before `place`. */
export type MemberWriter = {
  /** `pieces` must give exactly so many bytes. */
  readonly add: (name: string, bytes: number, pieces: Iterable<Uint8Array>) => void
  /** Everything is durable and at its place, whole, when it returns. */
  readonly place: () => void
  /** Without placing it: lets go of what is open. */
  readonly end: () => void
}

/** A name that ends in `.tar` is one file, every other a folder. */
export function isTarName(path: string): boolean {
  return path.toLowerCase().endsWith('.tar')
}

/** Into an archive, or a folder, that is made in `work` and then moved to `out`. */
export function memberWriter(out: string, work: string): MemberWriter {
  return isTarName(out) ? tarWriter(out, join(work, 'backup.tar')) : folderWriter(out, join(work, 'backup'))
}

/** @throws RunproofError `file.unwritable` when something is there: no backup is written over another. */
export function refuseExisting(out: string): void {
  if (statSync(out, { throwIfNoEntry: false }) !== undefined) throw inTheWay(out)
}

function tarWriter(out: string, path: string): MemberWriter {
  const fd = openSync(path, 'wx', 0o600)
  return {
    add(name, bytes, pieces) {
      writeAll(fd, tarHeader(name, bytes))
      for (const piece of pieces) writeAll(fd, piece)
      writeAll(fd, new Uint8Array(tarPadding(bytes)))
    },
    place() {
      writeAll(fd, new Uint8Array(2 * TAR_BLOCK_BYTES))
      fsyncSync(fd)
      moveFile(path, out)
      fsyncFolder(dirname(out))
    },
    end: () => closeSync(fd),
  }
}

function folderWriter(out: string, path: string): MemberWriter {
  mkdirSync(path, { mode: 0o700 })
  const folders = new Set([path])
  return {
    add(name, _bytes, pieces) {
      const folder = dirname(join(path, name))
      if (!folders.has(folder)) {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        folders.add(folder).add(dirname(folder))
      }
      const fd = openSync(join(path, name), 'wx', 0o600)
      try {
        for (const piece of pieces) writeAll(fd, piece)
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
    },
    place() {
      for (const folder of folders) fsyncFolder(folder)
      refuseExisting(out)
      renameSync(path, out)
      fsyncFolder(dirname(out))
    },
    end: () => {},
  }
}

/** A link is never made over an existing file; where a file system has none, looking first must do. */
function moveFile(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'EEXIST') throw inTheWay(to)
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
    refuseExisting(to)
    renameSync(from, to)
  }
}

function inTheWay(out: string): RunproofError {
  return new RunproofError(
    'file.unwritable',
    `${out} is there already, and no backup is written over another; choose another --out`,
  )
}

export const TAR_BLOCK_BYTES = 512
