const NEWLINE = 0x0a

/** Whole lines in a buffer of their own, so that it can be handed to another thread. */
export type LineChunk = {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** From 0. */
  readonly index: number
  readonly isLast: boolean
}

export type LineChunkOptions = {
  /** A chunk is about this long, and longer where a line is. */
  readonly size: number
  /** A buffer that is no longer needed, to be filled again. */
  readonly spare?: () => ArrayBuffer | undefined
}

/** Cuts bytes behind the last line break that fits; only the last chunk may end without one. At least one chunk, which may be empty. */
export async function* lineChunks(
  source: AsyncIterable<Uint8Array>,
  { size, spare = () => undefined }: LineChunkOptions,
): AsyncGenerator<LineChunk, void, undefined> {
  let index = 0
  let filled = 0
  let buffer = new Uint8Array(spare() ?? new ArrayBuffer(size))
  for await (const portion of source) {
    let taken = 0
    while (taken < portion.length) {
      const part = portion.subarray(taken, taken + buffer.length - filled)
      buffer.set(part, filled)
      filled += part.length
      taken += part.length
      if (filled < buffer.length) continue
      const end = buffer.lastIndexOf(NEWLINE) + 1
      const next = new Uint8Array(end === 0 ? new ArrayBuffer(2 * buffer.length) : (spare() ?? new ArrayBuffer(size)))
      const rest = buffer.subarray(end)
      const room = rest.length < next.length ? next : new Uint8Array(2 * rest.length)
      room.set(rest)
      filled = rest.length
      const full = buffer
      buffer = room
      // Last: whoever takes the chunk may hand its memory to another thread.
      if (end > 0) yield { bytes: full.subarray(0, end), index: index++, isLast: false }
    }
  }
  yield { bytes: buffer.subarray(0, filled), index, isLast: true }
}
