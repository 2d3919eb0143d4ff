import { createHash, randomBytes } from 'node:crypto'
import { linkSync, rmSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createGzip, gzipSync } from 'node:zlib'
import { RunproofError } from '../../../core/model/errors.ts'
import { filesOf, fsyncFolder, kept } from './files.ts'
import type { PutOptions } from './objects.ts'
import { streamOf } from './read-stream.ts'
import { writeError, type Shelves } from './shelves.ts'

type Source = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/** The length in a gzip file's end has 32 bits. */
const MAX_BYTES = 2 ** 32 - 1
/** The first piece tells whether packing will save: a tenth at least. */
const WORTH_PACKING = 0.9

/** Writes while it hashes; the file gets its name when the digest is known. */
export async function keepStream(shelves: Shelves, source: Source, { pack = true }: PutOptions = {}): Promise<string> {
  const path = join(shelves.folder, `.incoming.${randomBytes(8).toString('hex')}.tmp`)
  try {
    const { digest, packed } = await written(path, source, pack)
    const there = kept(shelves, digest)
    // Also what is there is read once more: it might be damaged while this one is whole.
    if (there) await readThrough(streamOf(there, digest))
    shelves.writing(digest, (shelf) => {
      const [plain, gzip] = filesOf(shelves, digest)
      if (!there) linkUnlessThere(path, packed ? gzip.path : plain.path)
      fsyncFolder(shelf)
    })
    return digest
  } catch (error) {
    throw writeError(shelves.folder, error)
  } finally {
    rmSync(path, { force: true })
  }
}

async function readThrough(pieces: AsyncGenerator<Uint8Array, void>): Promise<void> {
  let next = await pieces.next()
  while (next.done !== true) next = await pieces.next()
}

async function written(path: string, source: Source, pack: boolean): Promise<{ digest: string; packed: boolean }> {
  const file = await open(path, 'wx', 0o400)
  try {
    const hash = createHash('sha256')
    const pieces = hashed(source, (piece) => hash.update(piece))
    const first = await pieces.next()
    const packed = pack && first.done !== true && saves(first.value)
    const all = withFirst(first, pieces)
    // A gzip stream ends the pieces, and they end it, when the other fails.
    await writeAll(file, packed ? Readable.from(all).compose<Readable>(createGzip()) : all)
    await file.sync()
    return { digest: hash.digest('hex'), packed }
  } finally {
    await file.close()
  }
}

async function* hashed(source: Source, update: (piece: Uint8Array) => void): AsyncGenerator<Uint8Array, void> {
  let bytes = 0
  for await (const piece of source) {
    bytes += piece.length
    if (bytes > MAX_BYTES) throw new RunproofError('format.too_large', `an object has more than ${MAX_BYTES} bytes`)
    update(piece)
    if (piece.length > 0) yield piece
  }
}

async function* withFirst(
  first: IteratorResult<Uint8Array, void>,
  rest: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void> {
  if (first.done === true) return
  yield first.value
  yield* rest
}

function saves(piece: Uint8Array): boolean {
  return gzipSync(piece).length < WORTH_PACKING * piece.length
}

async function writeAll(file: FileHandle, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length;) at += (await file.write(piece, at)).bytesWritten
  }
}

/** Of two that keep the same content, one is first; both are right. */
function linkUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}
