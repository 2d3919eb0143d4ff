import type { Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'

/** Big enough that the cost per portion disappears, small enough to stay in the processor's cache. */
export const PORTION = 256 * 1024

/**
 * Bytes as they are, or unpacked when they start like gzip or zstd; any number of gzip members or zstd frames, one after the other, as
 * log shippers append them. Holds a few portions, however far the data expands.
 * @throws an error of `node:zlib` for data that is damaged or cut, {@link TrailingBytes} for something else behind it
 */
export async function* unpacked(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const input = new Input(source[Symbol.asyncIterator]())
  try {
    if (decoderFor(await input.head()) !== null) yield* frames(input)
    else for (let portion = await input.next(); portion !== null; portion = await input.next()) yield portion
  } finally {
    await input.close()
  }
}

export class TrailingBytes extends Error {
  override readonly name = 'TrailingBytes'
}

async function* frames(input: Input): AsyncGenerator<Uint8Array, void, undefined> {
  for (let head = await input.head(); head.length > 0; head = await input.head()) {
    const decoder = decoderFor(head)
    if (decoder === null) throw new TrailingBytes('something that is not compressed follows the compressed data')
    const fed = feed(input, decoder)
    try {
      yield* decoder as AsyncIterable<Uint8Array>
      await fed
    } finally {
      decoder.destroy()
    }
  }
}

type Decoder = Transform & { readonly bytesWritten: number }

/**
 * Gives the decoder its input. Node ends a zstd decoder after one frame and forgets what else it was given: that goes back, or every
 * later frame would be lost without a word.
 */
async function feed(input: Input, decoder: Decoder): Promise<void> {
  try {
    let given = 0
    for (let portion = await input.next(); portion !== null; portion = await input.next()) {
      await written(decoder, portion)
      given += portion.length
      const left = given - decoder.bytesWritten
      if (left > 0) return input.giveBack(portion.subarray(portion.length - left))
    }
    decoder.end()
  } catch (error) {
    // Whoever reads the decoder learns of it there.
    decoder.destroy(error instanceof Error ? error : new Error('reading failed', { cause: error }))
  }
}

function written(decoder: Decoder, portion: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    decoder.write(portion, (error) => (error ? reject(error) : resolve()))
  })
}

function decoderFor(head: Uint8Array): Decoder | null {
  const [a = 0, b, c, d] = head
  if (a === 0x1f && b === 0x8b) return createGunzip({ chunkSize: PORTION })
  const isFrame = a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd
  // RFC 8878 §3.1.2: frames of user data, which decoders skip; parallel compressors start with one.
  const isSkippable = a >= 0x50 && a <= 0x5f && b === 0x2a && c === 0x4d && d === 0x18
  return isFrame || isSkippable ? createZstdDecompress({ chunkSize: PORTION }) : null
}

const MAGIC_BYTES = 4

/** Portions, with a way to look at the first bytes and to give bytes back. */
class Input {
  private readonly source: AsyncIterator<Uint8Array>
  private pending: Uint8Array | null = null

  constructor(source: AsyncIterator<Uint8Array>) {
    this.source = source
  }

  async next(): Promise<Uint8Array | null> {
    const { pending } = this
    this.pending = null
    if (pending !== null) return pending
    const next = await this.source.next()
    return next.done === true ? null : next.value
  }

  giveBack(portion: Uint8Array): void {
    this.pending = portion
  }

  /** The next bytes without taking them: four or more, fewer at the end. A pipe may bring them one at a time. */
  async head(): Promise<Uint8Array> {
    let head: Uint8Array = new Uint8Array(0)
    while (head.length < MAGIC_BYTES) {
      const portion = await this.next()
      if (portion === null) break
      head = head.length === 0 ? portion : Buffer.concat([head, portion])
    }
    if (head.length > 0) this.giveBack(head)
    return head
  }

  async close(): Promise<void> {
    await this.source.return?.()
  }
}
