import { createGunzip } from 'node:zlib'

/** Each piece takes a turn of the event loop: small ones cost more than unpacking them, which has a thread of its own. */
const PIECE = 262_144

/** As the portable one, several times as fast. */
export async function* gunzip(packed: Uint8Array): AsyncGenerator<Uint8Array> {
  const stream = createGunzip({ chunkSize: PIECE })
  stream.end(packed)
  try {
    for await (const piece of stream) yield piece as Uint8Array
  } finally {
    stream.destroy()
  }
}
