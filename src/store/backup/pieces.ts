import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'

/** Some bytes of an open file. */
export type FileRange = { readonly fd: number; readonly offset: number; readonly bytes: number }

/** The file ended before what was to be read of it. */
export class CutShort extends Error {}

/** The bytes, piece by piece. Each piece is good until the next one is asked for. @throws CutShort */
export function* piecesOf({ fd, offset, bytes }: FileRange): Generator<Uint8Array, void> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(bytes, PIECE_BYTES))
  for (let done = 0; done < bytes;) {
    const read = readSync(fd, buffer, 0, Math.min(buffer.length, bytes - done), offset + done)
    if (read === 0) throw new CutShort(`it ends after ${done} of ${bytes} bytes`)
    yield buffer.subarray(0, read)
    done += read
  }
}

/** All of it at once, for what is known to be small. @throws CutShort */
export function bytesOf(range: FileRange): Buffer {
  return Buffer.concat([...piecesOf(range)].map((piece) => Buffer.from(piece)))
}

/** Lines of text, without their newlines; one that never ends is cut into pieces of `most` bytes. @throws CutShort */
export function* linesOf(range: FileRange, most = 4096): Generator<string, void> {
  let rest = Buffer.alloc(0)
  for (const piece of piecesOf(range)) {
    let from = 0
    const text = Buffer.concat([rest, piece])
    for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, from)) {
      yield text.toString('utf8', from, end)
      from = end + 1
    }
    rest = text.subarray(from)
    for (; rest.length > most; rest = rest.subarray(most)) yield rest.toString('utf8', 0, most)
  }
  if (rest.length > 0) yield rest.toString('utf8')
}

export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
}

/** Makes the names in a folder durable. */
export function fsyncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

const PIECE_BYTES = 1024 * 1024
