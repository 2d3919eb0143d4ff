import type { DatabaseSync } from 'node:sqlite'
import { RunproofError } from '../../../core/model/errors.ts'
import { concatBytes, equalBytes, hex } from '../../../core/proof/bytes.ts'
import type { Log } from '../../../core/proof/checkpoint.ts'
import { HASH_BYTES, leafHash } from '../../../core/proof/merkle.ts'
import { TILE_WIDTH, tilesOf } from '../../../core/proof/tile.ts'
import { contradiction, readOwnCheckpoint, type TreeHead } from './checkpoint.ts'
import type { HeadRow, Rows } from './rows.ts'
import { FULL_TILE_BYTES, rootOf, tileRoot } from './tree.ts'

/**
 * What start-up checks in time that does not grow with the log: the head is signed by this log, the stored hashes lead to its
 * root, every level's last tiles fit the level below, and the entries of the last tile hash to it.
 * @throws RunproofError `ledger.contradiction` naming what differs.
 */
export function checkHead(rows: Rows, log: Log): HeadRow {
  const head = rows.head()
  if (!head) throw contradiction('the database has no head')
  sameHead(readOwnCheckpoint(head.checkpoint, log, "the database's checkpoint"), head, "the database's checkpoint", 'its head')
  const next = rows.nextIndex()
  if (next !== head.size) throw contradiction(`the head counts ${head.size} entries, the database has ${next}`)
  for (const { level, index } of lastTiles(head.size)) checkTile(rows, head.size, level, index)
  const root = rootOf(rows.tile, head.size)
  if (!equalBytes(root, head.root)) {
    throw contradiction(`the stored hashes lead to the root ${hex(root)}, the signed one is ${hex(head.root)}`)
  }
  return head
}

/**
 * Compares with a checkpoint that was published earlier: the log may have grown out of it, and nothing else.
 * @throws RunproofError `ledger.contradiction` when the published tree is larger (an older copy of the database was put back) or no
 * prefix of this one.
 */
export function checkPublished(published: TreeHead, head: HeadRow, rows: Rows, where: string): void {
  if (published.size > head.size) {
    throw contradiction(
      `${where} vouches for ${published.size} entries, the database has ${head.size}: it is an older copy, or entries were removed`,
    )
  }
  const root = rootOf(rows.tile, published.size)
  if (!equalBytes(root, published.root)) {
    throw contradiction(
      `${where} has the root ${hex(published.root)} for ${published.size} entries, the database ${hex(root)}: history was changed`,
    )
  }
}

/** Rehashes everything: SQLite's own check, each entry, each tile, the root. @throws as `checkHead` */
export function checkEverything(db: DatabaseSync, rows: Rows, log: Log): HeadRow {
  const damage = db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check']
  if (damage !== 'ok') throw contradiction(`SQLite finds the database damaged: ${String(damage)}`)
  const head = checkHead(rows, log)
  const tiles = tilesOf(head.size)
  for (const { level, index } of tiles) checkTile(rows, head.size, level, index)
  const stored = rows.tileCount()
  if (stored !== tiles.length) throw contradiction(`${stored} tiles are stored, a tree of ${head.size} has ${tiles.length}`)
  return head
}

/** @throws RunproofError `ledger.clock_went_back` */
export function checkClock(nowMs: number, head: HeadRow): number {
  const seconds = Math.floor(nowMs / 1000)
  if (seconds >= head.time) return seconds
  throw new RunproofError(
    'ledger.clock_went_back',
    `the clock says ${utc(seconds)}, but the ledger was already signed at ${utc(head.time)}; set the clock right and start again`,
  )
}

/** @throws RunproofError `ledger.contradiction` unless both are the same tree. */
export function sameHead(a: TreeHead, b: TreeHead, nameOfA: string, nameOfB: string): void {
  if (a.size !== b.size) throw contradiction(`${nameOfA} counts ${a.size} entries, ${nameOfB} ${b.size}`)
  if (!equalBytes(a.root, b.root)) throw contradiction(`${nameOfA} has the root ${hex(a.root)}, ${nameOfB} ${hex(b.root)}`)
}

/** The last tile of each level: the right edge of the tree. */
function lastTiles(size: number): readonly { readonly level: number; readonly index: number }[] {
  const tiles: { level: number; index: number }[] = []
  for (let [level, width] = [0, size]; width > 0; level++, width = Math.floor(width / TILE_WIDTH)) {
    tiles.push({ level, index: Math.ceil(width / TILE_WIDTH) - 1 })
  }
  return tiles
}

/** That a tile is what the level below it (the entries, at level 0) hashes to. */
function checkTile(rows: Rows, size: number, level: number, index: number): void {
  const atLevel = Math.floor(size / TILE_WIDTH ** level)
  const width = Math.min(TILE_WIDTH, atLevel - index * TILE_WIDTH)
  const stored = rows.tile(level, index)
  if (stored.length !== width * HASH_BYTES) {
    throw contradiction(`tile ${level}/${index} has ${stored.length / HASH_BYTES} hashes, a tree of ${size} has ${width} there`)
  }
  const hashes = level === 0 ? entryHashes(rows, index, width) : roots(rows, level - 1, index, width)
  if (equalBytes(concatBytes(...hashes), stored)) return
  const first =
    index * TILE_WIDTH + hashes.findIndex((hash, i) => !equalBytes(hash, stored.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)))
  throw contradiction(
    level === 0
      ? `entry ${first} does not hash to what tile 0/${index} holds for it`
      : `tile ${level - 1}/${first} does not hash to what tile ${level}/${index} holds for it`,
  )
}

function entryHashes(rows: Rows, index: number, width: number): readonly Uint8Array[] {
  const entries = rows.entries(index * TILE_WIDTH, width)
  const inOrder = entries.length === width && entries.every((entry, i) => entry.index === index * TILE_WIDTH + i)
  if (!inOrder) throw contradiction(`entries of tile 0/${index} are missing`)
  return entries.map(({ body }) => leafHash(body))
}

function roots(rows: Rows, level: number, index: number, width: number): readonly Uint8Array[] {
  return Array.from({ length: width }, (_, i) => {
    const data = rows.tile(level, index * TILE_WIDTH + i)
    if (data.length !== FULL_TILE_BYTES) throw contradiction(`tile ${level}/${index * TILE_WIDTH + i} is not full`)
    return tileRoot(data)
  })
}

function utc(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
