/** One section of a session's output. `word`: what the marker behind it says. */
export type Frame = { readonly bytes: Buffer; readonly size: number; readonly word: string }

export type FrameReader = {
  readonly push: (chunk: Uint8Array) => void
  /** Bytes of a section whose marker has not come yet. */
  readonly unfinished: () => Buffer
}

const LINE_LIMIT = 256

/**
 * Cuts a stream into sections. Behind each one stands `\n<nonce> <word>\n`; the nonce is drawn for the session, so nothing on the host can
 * have it in its files or names. `limitOf` says how much of the next section is kept; the rest is counted.
 */
export function frameReader(nonce: string, limitOf: () => number, onFrame: (frame: Frame) => void): FrameReader {
  const marker = Buffer.from(`\n${nonce} `, 'latin1')
  let rest: Buffer = Buffer.alloc(0)
  let kept: Buffer[] = []
  let [size, keptSize] = [0, 0]

  const keep = (bytes: Buffer): void => {
    size += bytes.length
    const room = limitOf() - keptSize
    if (room <= 0 || bytes.length === 0) return
    // A copy: a slice would hold on to the whole chunk.
    kept.push(Buffer.from(bytes.subarray(0, room)))
    keptSize += Math.min(room, bytes.length)
  }
  const finish = (word: string): void => {
    const frame = { bytes: Buffer.concat(kept), size, word }
    kept = []
    size = 0
    keptSize = 0
    onFrame(frame)
  }
  const push = (chunk: Uint8Array): void => {
    rest = rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([rest, chunk])
    for (;;) {
      const at = rest.indexOf(marker)
      const end = at < 0 ? -1 : rest.indexOf(10, at + marker.length)
      if (end < 0) break
      keep(rest.subarray(0, at))
      const word = rest.toString('latin1', at + marker.length, Math.min(end, at + LINE_LIMIT))
      rest = rest.subarray(end + 1)
      finish(word)
    }
    const at = rest.indexOf(marker)
    // Without a marker only its possible beginning has to wait.
    const settled = at < 0 ? Math.max(0, rest.length - marker.length + 1) : at
    keep(rest.subarray(0, settled))
    rest = Buffer.from(rest.subarray(settled))
  }
  return { push, unfinished: () => Buffer.concat([...kept, rest]) }
}
