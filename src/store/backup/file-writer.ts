import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { Again } from './again.ts'
import type { OnProgress } from './back-up.ts'
import type { BackupManifest } from './manifest.ts'
import { documents, partsOf } from './names.ts'
import { piecesOf, writeAll, type FileRange } from './pieces.ts'
import type { MemberWriter } from './write-members.ts'

/** Puts files into a backup one after the other, and lists them with their digests. */
export type FileWriter = {
  /** A file of the data folder; `open` when it is open already, or not all of it is wanted. It is closed. */
  readonly add: (name: string, path: string, open?: { readonly fd: number; readonly bytes: number }) => void
  /** Writes the list of what was added, which is kept in a file because it may be long. */
  readonly finish: () => BackupManifest['files']
  /** Lets go of what is open. */
  readonly end: () => void
}

export type FileWriterOptions = {
  readonly listPath: string
  readonly onProgress: OnProgress
  /** Longer files are kept in parts. */
  readonly partBytes: number
}

/** The list is made in `listPath`, because it may be long. */
export function fileWriter(members: MemberWriter, { listPath, onProgress, partBytes }: FileWriterOptions): FileWriter {
  const list = openSync(listPath, 'wx+', 0o600)
  let [count, bytes] = [0, 0]

  function addPart(name: string, range: FileRange): void {
    const hash = createHash('sha256')
    members.add(
      name,
      range.bytes,
      tapped(piecesOf(range), (piece) => {
        hash.update(piece)
        bytes += piece.length
        onProgress(`writing ${name}`, { read: bytes, total: null })
      }),
    )
    writeAll(list, Buffer.from(`${hash.digest('hex')}  ${name}\n`))
    count++
  }

  return {
    add(name, path, open) {
      const fd = open?.fd ?? present(path)
      try {
        for (const part of partsOf(name, open?.bytes ?? fstatSync(fd).size, partBytes)) addPart(part.name, { fd, ...part })
      } finally {
        closeSync(fd)
      }
    },
    finish() {
      const hash = createHash('sha256')
      const range = { fd: list, offset: 0, bytes: fstatSync(list).size }
      members.add(
        documents.list,
        range.bytes,
        tapped(piecesOf(range), (piece) => hash.update(piece)),
      )
      return { count, bytes, sha256: hash.digest('hex') }
    },
    end: () => closeSync(list),
  }
}

function* tapped(pieces: Iterable<Uint8Array>, see: (piece: Uint8Array) => void): Generator<Uint8Array, void> {
  for (const piece of pieces) {
    see(piece)
    yield piece
  }
}

/** @throws Again when it was deleted since it was listed */
function present(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') throw new Again(`${path} was deleted`, { cause })
    throw cause
  }
}
