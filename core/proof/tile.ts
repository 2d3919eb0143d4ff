import { RunproofError } from '../model/errors.ts'
import { concatBytes } from './bytes.ts'
import { HASH_BYTES, merkleRoot } from './merkle.ts'

/** `width` 256 is a full tile. `entries` holds the entries themselves, width and index as at level 0. */
export type TileAddress = { readonly level: number | 'entries'; readonly index: number; readonly width: number }
export type Tile = TileAddress & { readonly level: number; readonly data: Uint8Array }

export const TILE_WIDTH = 256
/** C2SP: the level is a number between 0 and 63. */
export const MAX_TILE_LEVEL = 63
/** Its length is a uint16. */
export const MAX_ENTRY_BYTES = 65_535

/** C2SP tlog-tiles: `tile/<L>/<N>[.p/<W>]`, N as `x001/x234/067`. @throws RunproofError `format.malformed` */
export function tilePath({ level, index, width }: TileAddress): string {
  const known = level === 'entries' || isBetween(level, 0, MAX_TILE_LEVEL)
  if (!known || !isBetween(index, 0, Number.MAX_SAFE_INTEGER) || !isBetween(width, 1, TILE_WIDTH)) throw malformed('tile address')
  return `tile/${level}/${indexPath(index)}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}

/** Takes only what `tilePath` writes: one tile, one address. @throws RunproofError `format.malformed` */
export function parseTilePath(path: string): TileAddress {
  const [, level = '', index = '', width] = PATH.exec(path) ?? []
  if (index === '') throw malformed(`tile path ${path.slice(0, 100)}`)
  const address: TileAddress = {
    level: level === 'entries' ? level : Number(level),
    index: Number(index.replace(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  }
  // A partial tile of 256 is a full one, `x000/000` is 000: both have their one spelling.
  if (tilePath(address) !== path) throw malformed(`tile path ${path}`)
  return address
}

/** uint16 big-endian length before each entry. @throws RunproofError `ledger.entry_too_large` beyond 65,535 bytes. */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...entries.flatMap((entry) => [lengthPrefix(entry.length), entry]))
}

/** The `count` entries of a bundle. @throws RunproofError `format.malformed` when it holds fewer, more, or half of one. */
export function decodeEntries(bundle: Uint8Array, count: number): readonly Uint8Array[] {
  const entries: Uint8Array[] = []
  let at = 0
  while (at < bundle.length) {
    const end = at + 2 + (bundle[at] ?? 0) * 256 + (bundle[at + 1] ?? 0)
    if (end > bundle.length) throw malformed('entry bundle: it ends inside an entry')
    entries.push(bundle.slice(at + 2, end))
    if (entries.length > count) throw malformed(`entry bundle: more than ${count} entries`)
    at = end
  }
  if (entries.length !== count) throw malformed(`entry bundle: ${entries.length} entries, not ${count}`)
  return entries
}

/**
 * The hash tiles that a tree of `size` has, level by level; with `grownFrom`, only those that a tree of that size did not have.
 * Level 0 names the entry bundles too.
 */
export function tilesOf(size: number, grownFrom = 0): readonly (TileAddress & { readonly level: number })[] {
  if (!isBetween(size, 0, Number.MAX_SAFE_INTEGER) || !isBetween(grownFrom, 0, size)) throw malformed('tree size')
  const tiles: (TileAddress & { readonly level: number })[] = []
  let [now, before] = [size, grownFrom]
  for (let level = 0; now > 0; level++) {
    // Where nothing was added there is nothing new, though the last tile may be partial.
    const first = now > before ? Math.floor(before / TILE_WIDTH) : Math.ceil(now / TILE_WIDTH)
    for (let index = first; index < Math.ceil(now / TILE_WIDTH); index++) {
      tiles.push({ level, index, width: Math.min(TILE_WIDTH, now - index * TILE_WIDTH) })
    }
    now = Math.floor(now / TILE_WIDTH)
    before = Math.floor(before / TILE_WIDTH)
  }
  return tiles
}

/** Those tiles with their content, 32 bytes a hash, computed from all leaf hashes of the tree. */
export function tilesFor(leafHashes: readonly Uint8Array[], grownFrom = 0): readonly Tile[] {
  const levels: (readonly Uint8Array[])[] = [leafHashes]
  return tilesOf(leafHashes.length, grownFrom).map(({ level, index, width }) => {
    const hashes = (levels[level] ??= fullTileRoots(levels[level - 1] ?? []))
    return { level, index, width, data: concatBytes(...hashes.slice(index * TILE_WIDTH, index * TILE_WIDTH + width)) }
  })
}

/** The next level holds the roots of full tiles only. */
function fullTileRoots(hashes: readonly Uint8Array[]): readonly Uint8Array[] {
  const roots: Uint8Array[] = []
  for (let end = TILE_WIDTH; end <= hashes.length; end += TILE_WIDTH) roots.push(merkleRoot(hashes.slice(end - TILE_WIDTH, end)))
  return roots
}

/** The hashes of a tile, to rebuild a tree from. @throws RunproofError `format.malformed` unless there are `width` of them. */
export function tileHashes(data: Uint8Array, width: number): readonly Uint8Array[] {
  if (!isBetween(width, 1, TILE_WIDTH) || data.length !== width * HASH_BYTES)
    throw malformed(`tile: ${data.length} bytes for width ${width}`)
  return Array.from({ length: width }, (_, i) => data.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES))
}

/** Six groups of three digits hold every safe integer. */
const PATH = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/

function indexPath(index: number): string {
  const groups: string[] = []
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`${groups.length === 0 ? '' : 'x'}${String(rest % 1000).padStart(3, '0')}`)
  }
  return groups.join('/')
}

function lengthPrefix(length: number): Uint8Array {
  if (length > MAX_ENTRY_BYTES)
    throw new RunproofError('ledger.entry_too_large', `an entry of ${length} bytes; ${MAX_ENTRY_BYTES} fit`)
  return Uint8Array.of(length >> 8, length & 0xff)
}

function isBetween(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

function malformed(what: string): RunproofError {
  return new RunproofError('format.malformed', `malformed ${what}`)
}
