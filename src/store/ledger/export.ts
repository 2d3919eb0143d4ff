import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { equalBytes, utf8 } from '../../../core/proof/bytes.ts'
import { TILE_WIDTH, tilePath, tilesOf, type TileAddress } from '../../../core/proof/tile.ts'
import { createFile, replaceFile } from '../../lib/io/durable-file.ts'
import { contradiction, readOwnCheckpoint } from './checkpoint.ts'
import type { Head, LedgerReader } from './reader.ts'

/** `written` counts files that were not there before. */
export type Exported = { readonly head: Head; readonly files: number; readonly written: number }

/**
 * Rehashes the ledger and writes it as files that any C2SP tlog-tiles client reads: `log.vkey`, `tile/…`, `tile/entries/…`, and `checkpoint` last, so
 * that whoever reads meanwhile finds everything that it vouches for. Files that are there must be byte-equal; a partial tile goes
 * once the full one is published.
 * @throws RunproofError `ledger.contradiction` when the ledger does not verify, or the folder holds another log or
 * another history; `checkpoint` is then as it was.
 */
export function exportLedger(ledger: LedgerReader, dir: string): Exported {
  const head = ledger.verify()
  checkFolder(ledger, dir)
  const tiles = tilesOf(head.size).flatMap((tile): readonly TileAddress[] =>
    tile.level === 0 ? [tile, { ...tile, level: 'entries' }] : [tile],
  )
  let written = place(join(dir, 'log.vkey'), utf8(`${ledger.vkey}\n`)) ? 1 : 0
  for (const tile of tiles) if (place(join(dir, tilePath(tile)), ledger.tile(tile))) written++
  replaceFile(join(dir, 'checkpoint'), head.checkpoint)
  for (const tile of tiles)
    if (tile.width === TILE_WIDTH) rmSync(join(dir, `${tilePath(tile)}.p`), { recursive: true, force: true })
  return { head, files: tiles.length + 2, written }
}

function checkFolder(ledger: LedgerReader, dir: string): void {
  const path = join(dir, 'checkpoint')
  if (existsSync(path)) ledger.includes(readOwnCheckpoint(readFileSync(path, 'utf8'), ledger, path), path)
}

/** True when the file is new. */
function place(path: string, content: Uint8Array): boolean {
  mkdirSync(dirname(path), { recursive: true })
  // Two exports at once write the same bytes.
  if (!existsSync(path) && createFile(path, content)) return true
  if (!equalBytes(readFileSync(path), content)) throw contradiction(`${path} is there with other content`)
  return false
}
