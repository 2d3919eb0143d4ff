const NEWLINE = 0x0a
/** A block is about this long, in bytes; a longer line is a block of its own. */
const BLOCK = 256 * 1024
const encoder = new TextEncoder()

/** Lines as UTF-8, each with its newline, in blocks of whole lines. A block is memory of its own: whoever is given it may keep it. */
export function* blocksOf(lines: Iterable<string>): Generator<Uint8Array<ArrayBuffer>, void> {
  let block = new Uint8Array(BLOCK)
  let filled = 0
  for (const line of lines) {
    // A UTF-16 unit has three bytes at most.
    const most = 3 * line.length + 1
    if (filled > 0 && filled + most > block.length) {
      yield block.slice(0, filled)
      filled = 0
    }
    if (most > block.length) block = new Uint8Array(most)
    filled += encoder.encodeInto(line, block.subarray(filled)).written
    block[filled++] = NEWLINE
  }
  if (filled > 0) yield block.slice(0, filled)
}
