import { closeSync, openSync, readSync } from 'node:fs'
import { RunproofError } from '../../../core/model/errors.ts'

/**
 * All bytes of a file, or of what stands in a file's place (`/dev/stdin`, a shell's `<(…)`), when they are not more than `limit`.
 * @throws RunproofError `format.too_large`; the system's own error where it cannot be opened or read
 */
export function readBounded(path: string, limit: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const parts: Buffer[] = []
    for (let size = 0; ;) {
      const part = Buffer.allocUnsafe(PART)
      const count = readSync(file, part, 0, PART, null)
      if (count === 0) return Buffer.concat(parts)
      size += count
      if (size > limit) throw new RunproofError('format.too_large', `it has more than ${limit} bytes`)
      parts.push(part.subarray(0, count))
    }
  } finally {
    closeSync(file)
  }
}

const PART = 64 * 1024
