import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { RunproofError } from '../../../core/model/errors.ts'
import { damaged, type ObjectFile } from './files.ts'

/** The content in pieces; the last is held back until the digest of all is known to be right. */
export async function* streamOf(file: ObjectFile, digest: string): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256')
  let last: Uint8Array | null = null
  try {
    for await (const piece of piecesOf(file)) {
      if (last) yield last
      hash.update(piece)
      last = piece
    }
  } catch (error) {
    if (error instanceof RunproofError) throw error
    throw damaged(file, error instanceof Error ? error.message : 'it cannot be read', error)
  }
  if (hash.digest('hex') !== digest) throw damaged(file, 'it does not have the digest that it is named by')
  if (last) yield last
}

function piecesOf({ path, packed }: ObjectFile): AsyncIterable<Uint8Array> {
  const bytes = createReadStream(path)
  if (!packed) return bytes as AsyncIterable<Uint8Array>
  // The pipeline passes an error on, and closes the file when the reader stops early.
  return pipeline(bytes, createGunzip(), () => {}) as Readable as AsyncIterable<Uint8Array>
}
