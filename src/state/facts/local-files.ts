import {
  type Stats,
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { statfs } from 'node:fs/promises'
import type { Digest, FileType } from '../model/fact.ts'
import { errnoOf } from './go-errors.ts'
import type { Host, Outcome, Read, Stat } from './host.ts'
import { WireError, within } from './net/wire.ts'

type Files = Pick<Host, 'lstat' | 'stat' | 'readlink' | 'realpath' | 'readFile' | 'digest' | 'list' | 'statfs'>

/**
 * This machine's files by system calls. Synchronous where it is short: a thousand of them take a few milliseconds, and the detour
 * through a thread pool would take ten times that. What can be long (big files to digest, statfs of a dead server) is not.
 */
export const localFiles: Files = {
  lstat: async (path) => outcome(() => statOf(lstatSync(path))),
  stat: async (path) => outcome(() => statOf(statSync(path))),
  readlink: async (path) => outcome(() => readlinkSync(path)),
  realpath: async (path) => outcome(() => realpathSync.native(path)),
  readFile: async (path, limit) => outcome(() => readUpTo(path, limit)),
  digest,
  list: async (path) => outcome(() => readdirSync(path).toSorted()),
  statfs: async (path, timeoutMs) => {
    try {
      const { blocks, bfree } = await within(timeoutMs, statfs(path, { bigint: true }))
      return { value: { blocks, free: bfree } }
    } catch (error) {
      return { errno: error instanceof WireError ? error.errno : errnoOf(error) }
    }
  },
}

function outcome<T>(call: () => T): Outcome<T> {
  try {
    return { value: call() }
  } catch (error) {
    return { errno: errnoOf(error) }
  }
}

function statOf(stats: Stats): Stat {
  const { mode, uid, gid, size, mtimeMs } = stats
  return { mode: mode & 0o7777, type: typeOf(stats), uid, gid, size, mtime: Math.floor(mtimeMs / 1000) }
}

function typeOf(stats: Stats): FileType {
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isDirectory()) return 'directory'
  if (stats.isFIFO()) return 'pipe'
  if (stats.isSocket()) return 'socket'
  if (stats.isCharacterDevice()) return 'character-device'
  return stats.isBlockDevice() ? 'block-device' : 'file'
}

/** Opens without waiting for the other end of a pipe. Throws what the system throws, and `ENOTREGULAR`. */
function openReadable(path: string): { readonly file: number; readonly size: number } {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  const stats = fstatSync(file)
  if (stats.isFile() || path === '/dev/null') return { file, size: stats.size }
  closeSync(file)
  throw Object.assign(new Error('not readable'), { code: stats.isDirectory() ? 'EISDIR' : 'ENOTREGULAR' })
}

function readUpTo(path: string, limit: number): Read {
  const { file, size } = openReadable(path)
  try {
    // Files of /proc say that they are empty: one byte beyond what is expected tells whether there is more.
    const bytes = readFully(file, size, limit + 1)
    const cut = bytes.length > limit
    return { bytes: cut ? bytes.subarray(0, limit) : bytes, size: cut ? Math.max(size, bytes.length) : bytes.length, cut }
  } finally {
    closeSync(file)
  }
}

function readFully(file: number, expected: number, most: number): Buffer {
  let buffer = Buffer.allocUnsafe(Math.min(most, Math.max(expected + 1, 4096)))
  let filled = 0
  for (;;) {
    const got = readSync(file, buffer, filled, buffer.length - filled, null)
    filled += got
    if (got === 0 || filled === most) return buffer.subarray(0, filled)
    if (filled === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(Math.min(most - filled, buffer.length))])
  }
}

const SHORT_FILE = 1024 * 1024

/** Long to load, and few checks have a digest. */
const crypto = () => process.getBuiltinModule('node:crypto')

async function digest(path: string, algorithm: Digest): Promise<Outcome<string>> {
  try {
    const short = readShort(path)
    return { value: short === null ? await streamed(path, algorithm) : crypto().hash(algorithm, short, 'hex') }
  } catch (error) {
    return { errno: errnoOf(error) }
  }
}

/** All of it, or null where it is too long for one go. */
function readShort(path: string): Buffer | null {
  const { file, size } = openReadable(path)
  try {
    const bytes = size > SHORT_FILE ? null : readFully(file, size, SHORT_FILE + 1)
    return bytes === null || bytes.length > SHORT_FILE ? null : bytes
  } finally {
    closeSync(file)
  }
}

async function streamed(path: string, algorithm: Digest): Promise<string> {
  const made = crypto().createHash(algorithm)
  for await (const chunk of createReadStream(path, { highWaterMark: SHORT_FILE })) made.update(chunk as Buffer)
  return made.digest('hex')
}
