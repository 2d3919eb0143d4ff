import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { RunproofError } from '../../core/model/errors.ts'
import { whyOf } from '../lib/io/read-text.ts'
import { PORTION, TrailingBytes, unpacked } from './unpack.ts'

/** How far a file was read, in bytes as they lie on disk; `total` null where that is not known (a pipe). */
export type ReadProgress = { readonly read: number; readonly total: number | null }

export type OpenOptions = {
  /** What `-` reads. */
  readonly stdin?: (() => AsyncIterable<Uint8Array>) | undefined
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined
}

/**
 * The bytes of a file, or of standard input for `-`; gzip and zstd are recognised by their first bytes and unpacked while reading.
 * @throws RunproofError `events.unreadable` naming the file: it cannot be opened or read, is damaged or cut
 */
export async function* openEvents(
  path: string,
  { stdin, onProgress }: OpenOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const isStdin = path === '-' && stdin !== undefined
  try {
    const source: AsyncIterable<Uint8Array> = isStdin ? stdin() : createReadStream(path, { highWaterMark: PORTION })
    yield* unpacked(onProgress ? counted(source, isStdin ? null : await sizeOf(path), onProgress) : source)
  } catch (cause) {
    throw new RunproofError('events.unreadable', `cannot read ${isStdin ? 'standard input' : path}: ${reasonOf(cause)}`, {
      cause,
    })
  }
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  total: number | null,
  onProgress: (progress: ReadProgress) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let read = 0
  for await (const portion of source) {
    read += portion.length
    onProgress({ read, total })
    yield portion
  }
}

async function sizeOf(path: string): Promise<number | null> {
  const entry = await stat(path).catch(() => null)
  return entry?.isFile() === true ? entry.size : null
}

const damaged: ReadonlyMap<string, string> = new Map([
  ['Z_BUF_ERROR', 'it is cut: its compressed data does not end'],
  ['Z_DATA_ERROR', 'its compressed data is damaged'],
])

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (cause instanceof TrailingBytes) return cause.message
  return damaged.get(code) ?? (code.startsWith('ZSTD_') ? 'its compressed data is damaged' : whyOf(cause))
}
