import { RunproofError } from '../../../core/model/errors.ts'
import { concatBytes } from '../../../core/proof/bytes.ts'
import { HASH_BYTES, merkleRoot, nodeHash } from '../../../core/proof/merkle.ts'
import { TILE_WIDTH, tileHashes } from '../../../core/proof/tile.ts'

/** What is stored of a tile, 32 bytes a hash; empty when there is none. A tile may have grown since the tree that is asked about. */
export type ReadTile = (level: number, n: number) => Uint8Array
export type StoredTile = { readonly level: number; readonly n: number; readonly data: Uint8Array }

/** RFC 6962 §2.1: the root of the first `size` leaves. @throws RunproofError `ledger.contradiction` when a hash is missing. */
export function rootOf(read: ReadTile, size: number): Uint8Array {
  return size === 0 ? merkleRoot([]) : rangeRoot(read, 0, size)
}

/** RFC 6962 §2.1.1 in the tree of `size` leaves, leaf's sibling first. @throws as `rootOf` */
export function inclusionOf(read: ReadTile, index: number, size: number): readonly Uint8Array[] {
  return path(read, index, 0, size)
}

/** RFC 6962 §2.1.2, `1 <= size1 <= size2`. @throws as `rootOf` */
export function consistencyOf(read: ReadTile, size1: number, size2: number): readonly Uint8Array[] {
  return subproof(read, size1, 0, size2, true)
}

/**
 * The tiles that change when leaves are added to a tree of `size`, each whole, leaves first.
 * @throws RunproofError `ledger.contradiction` when a stored tile is not as wide as a tree of `size` has it.
 */
export function grownTiles(read: ReadTile, size: number, added: readonly Uint8Array[]): readonly StoredTile[] {
  const grown: StoredTile[] = []
  let [before, hashes] = [size, added]
  for (let level = 0; hashes.length > 0; level++) {
    const tiles = grownLevel(read, level, before, hashes)
    grown.push(...tiles)
    before = Math.floor(before / TILE_WIDTH)
    hashes = tiles.filter(({ data }) => data.length === FULL_TILE_BYTES).map(({ data }) => tileRoot(data))
  }
  return grown
}

/** The one hash that a full tile has in the level above. */
export function tileRoot(full: Uint8Array): Uint8Array {
  return merkleRoot(tileHashes(full, TILE_WIDTH))
}

export const FULL_TILE_BYTES = TILE_WIDTH * HASH_BYTES
/** A tile holds eight levels of the tree. */
const TILE_HEIGHT = 8

function grownLevel(read: ReadTile, level: number, before: number, hashes: readonly Uint8Array[]): readonly StoredTile[] {
  const tiles: StoredTile[] = []
  for (let at = 0; at < hashes.length;) {
    const [n, used] = [Math.floor((before + at) / TILE_WIDTH), (before + at) % TILE_WIDTH]
    const stored = used === 0 ? new Uint8Array() : read(level, n)
    if (stored.length !== used * HASH_BYTES) throw missing(level, n)
    const fresh = hashes.slice(at, at + TILE_WIDTH - used)
    tiles.push({ level, n, data: concatBytes(stored, ...fresh) })
    at += fresh.length
  }
  return tiles
}

/** MTH(D[first:first+count]). */
function rangeRoot(read: ReadTile, first: number, count: number): Uint8Array {
  const height = Math.log2(count)
  if (Number.isInteger(height) && first % count === 0) return subtreeRoot(read, height, first / count)
  const half = splitOf(count)
  return nodeHash(rangeRoot(read, first, half), rangeRoot(read, first + half, count - half))
}

/** The n-th complete subtree of 2^height leaves: a hash of a tile, or the root of a few that stand side by side in one. */
function subtreeRoot(read: ReadTile, height: number, index: number): Uint8Array {
  const level = Math.floor(height / TILE_HEIGHT)
  const width = 2 ** (height % TILE_HEIGHT)
  const [n, offset] = [Math.floor((index * width) / TILE_WIDTH), (index * width) % TILE_WIDTH]
  const data = read(level, n).subarray(offset * HASH_BYTES, (offset + width) * HASH_BYTES)
  if (data.length !== width * HASH_BYTES) throw missing(level, n)
  return merkleRoot(tileHashes(data, width))
}

function path(read: ReadTile, index: number, first: number, count: number): readonly Uint8Array[] {
  if (count === 1) return []
  const half = splitOf(count)
  if (index < first + half) return [...path(read, index, first, half), rangeRoot(read, first + half, count - half)]
  return [...path(read, index, first + half, count - half), rangeRoot(read, first, half)]
}

/** SUBPROOF(m, D[first:first+count], b). */
function subproof(read: ReadTile, size: number, first: number, count: number, known: boolean): readonly Uint8Array[] {
  if (size === count) return known ? [] : [rangeRoot(read, first, count)]
  const half = splitOf(count)
  if (size <= half) return [...subproof(read, size, first, half, known), rangeRoot(read, first + half, count - half)]
  return [...subproof(read, size - half, first + half, count - half, false), rangeRoot(read, first, half)]
}

/** The largest power of two smaller than count. */
function splitOf(count: number): number {
  let half = 1
  while (half * 2 < count) half *= 2
  return half
}

function missing(level: number, n: number): RunproofError {
  return new RunproofError(
    'ledger.contradiction',
    `the ledger contradicts itself: hashes of tile ${level}/${n} are missing or too many`,
  )
}
