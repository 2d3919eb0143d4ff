import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { RunproofError } from '../../../core/model/errors.ts'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import { createFile } from '../../lib/io/durable-file.ts'
import { openShelves, type Shelves } from './shelves.ts'
import { damaged, filesOf, fsyncFolder, kept, missing, unpacked, unpackedBytes, type Kept } from './files.ts'
import { keepStream } from './keep-stream.ts'
import { streamOf } from './read-stream.ts'

export type PutOptions = {
  /** False keeps the content as it is, where it is known to be packed already. Default: packed when that saves. */
  readonly pack?: boolean
}

/** Files that are named by what they hold and never change: docs/formats/objects.md. Several threads and processes may use one folder. */
export type Objects = {
  /**
   * Keeps `content` and returns its SHA-256 in hex; durable when it returns. Again is fine.
   * @throws RunproofError `store.unreadable` when its file is there and holds something else; `store.full`; `file.unwritable`;
   * `format.too_large`: 1 GiB and more is for `putStream`
   */
  put(content: Uint8Array, options?: PutOptions): string
  /** As `put`, for content of any size up to 4 GiB, in little memory. */
  putStream(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options?: PutOptions): Promise<string>
  /**
   * The content, which has this digest for certain.
   * @throws RunproofError `store.unreadable` when it is not there or not what it was; `format.malformed` for what is no digest
   */
  get(digest: string): Uint8Array
  /** As `get`, in pieces and in little memory. The last piece comes only when the digest of all is right: a reader that gets an error has not got it all. */
  getStream(digest: string): AsyncGenerator<Uint8Array, void>
  has(digest: string): boolean
  /** Bytes of the content, as its file says. */
  size(digest: string): number
  /** All digests, ascending. */
  list(): Generator<string, void>
  /** Forgets an object; durable when it returns. True when it was there. */
  remove(digest: string): boolean
}

export type OpenObjectsOptions = { readonly now?: () => number }

/** Beyond this, holding packed and unpacked content in memory at once is no longer reasonable. */
const MAX_BYTES = 1024 * 1024 * 1024
// Packing must pay for unpacking it at every read.
const WORTH_PACKING_BYTES = 256

/**
 * Opens the folder of objects, or makes it, and takes away what a crash left half written.
 * @throws RunproofError `store.unreadable` when the folder cannot be used.
 */
export function openObjects(folder: string, { now = Date.now }: OpenObjectsOptions = {}): Objects {
  const shelves = openShelves(folder, now())
  return {
    put: (content, options) => put(shelves, content, options),
    putStream: async (content, options) => keepStream(shelves, content, options),
    get: (digest) => get(shelves, digest),
    getStream: (digest) => streamOf(kept(shelves, digest) ?? missing(shelves, digest), digest),
    has: (digest) => kept(shelves, digest) !== null,
    size: (digest) => unpackedBytes(kept(shelves, digest) ?? missing(shelves, digest)),
    list: () => list(shelves),
    remove: (digest) => remove(shelves, digest),
  }
}

function put(shelves: Shelves, content: Uint8Array, { pack = true }: PutOptions = {}): string {
  if (content.length > MAX_BYTES)
    throw new RunproofError('format.too_large', `an object of ${content.length} bytes cannot be kept at once`)
  const digest = sha256Hex(content)
  return shelves.writing(digest, (shelf) => {
    const there = kept(shelves, digest)
    if (there) {
      get(shelves, digest)
      // Whoever made it may not have come to this.
      fsyncFolder(shelf)
      return digest
    }
    const packed = pack && content.length >= WORTH_PACKING_BYTES ? gzipSync(content) : content
    const [plain, gzip] = filesOf(shelves, digest)
    const saves = packed.length < content.length
    if (!createFile(saves ? gzip.path : plain.path, saves ? packed : content, 0o400)) get(shelves, digest)
    return digest
  })
}

function get(shelves: Shelves, digest: string): Uint8Array {
  const file = kept(shelves, digest) ?? missing(shelves, digest)
  const content = contentOf(file)
  if (sha256Hex(content) !== digest) throw damaged(file, 'it does not have the digest that it is named by')
  return content
}

function contentOf(file: Kept): Uint8Array {
  const bytes = unpackedBytes(file)
  if (bytes > MAX_BYTES) throw new RunproofError('format.too_large', `${file.path} is too large to be read at once`)
  return unpacked(file, readFileSync(file.path), bytes)
}

function* list({ folder }: Shelves): Generator<string, void> {
  for (const shelf of readdirSync(folder)
    .filter((name) => /^[0-9a-f]{2}$/.test(name))
    .sort()) {
    const names = readdirSync(`${folder}/${shelf}`).flatMap((name) => /^([0-9a-f]{64})(?:\.gz)?$/.exec(name)?.[1] ?? [])
    yield* [...new Set(names)].sort()
  }
}

function remove(shelves: Shelves, digest: string): boolean {
  const there = filesOf(shelves, digest).filter(({ path }) => statSync(path, { throwIfNoEntry: false }) !== undefined)
  if (there.length === 0) return false
  return shelves.writing(digest, (shelf) => {
    for (const { path } of there) rmSync(path, { force: true })
    fsyncFolder(shelf)
    return true
  })
}
