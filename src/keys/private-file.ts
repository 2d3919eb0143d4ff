import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { RunproofError } from '../../core/model/errors.ts'

/**
 * The text of a file that only its owner can read; null when there is none.
 * @throws RunproofError `key.unreadable` with the fix: others can read it, it is no file, too long, or not ours.
 */
export function readPrivateFile(path: string): string | null {
  const file = opened(path)
  if (file === null) return null
  try {
    const { mode, size } = fstatSync(file)
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw unreadable(path, 'it is not a file')
    if ((mode & OTHERS) !== 0) {
      throw unreadable(path, `others can read it (mode ${(mode & 0o777).toString(8)}); run: chmod 600 ${path}`)
    }
    if (size > MAX_BYTES) throw unreadable(path, `it has ${size} bytes, no key has more than ${MAX_BYTES}`)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

export function unreadable(path: string, why: string, cause?: unknown): RunproofError {
  return new RunproofError('key.unreadable', `cannot use ${path}: ${why}`, { cause })
}

const OTHERS = 0o077
const MAX_BYTES = 16 * 1024

function opened(path: string): number | null {
  try {
    // A pipe in a key's place must not make us wait for its writer.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw unreadable(path, error instanceof Error ? error.message : 'it cannot be opened', error)
  }
}
