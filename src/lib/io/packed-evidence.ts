import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

const CHUNK = 64 * 1024

/**
 * Evidence as an audit file holds it, in chunks. It is packed while it comes, on another thread, and never there as a whole; however it was
 * cut, the bytes are the same.
 */
export async function packEvidence(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = []
  await pipeline(pieces, createGzip({ level: 6, chunkSize: CHUNK }), async (packed: AsyncIterable<Uint8Array>) => {
    for await (const chunk of packed) chunks.push(chunk)
  })
  return chunks
}

/** What was packed, in pieces. */
export function unpackEvidence(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  return Readable.from(chunks).compose<Readable>(createGunzip({ chunkSize: CHUNK })) as AsyncIterable<Uint8Array>
}
