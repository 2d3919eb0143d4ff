import { RunproofError } from '../../../core/model/errors.ts'
import { leafHash } from '../../../core/proof/merkle.ts'
import { MAX_ENTRY_BYTES } from '../../../core/proof/tile.ts'
import type { Rows } from './rows.ts'
import { grownTiles } from './tree.ts'

/** `kind` and `eventId` are the index of the ledger's owner; only `body` is in the tree. */
export type NewEntry = { readonly body: Uint8Array; readonly kind: string; readonly eventId: string }

/**
 * Where an event stands. `repeated`: it was there before, and `body` is the one that was logged then, which may differ from the one
 * given now (an ECDSA signature differs each time): build the proof with this one.
 */
export type Appended = { readonly index: number; readonly body: Uint8Array; readonly repeated: boolean }

/**
 * Adds the entries that are new to a tree of `size`, with their tiles, inside the caller's transaction. Does not sign.
 * @throws RunproofError `ledger.entry_too_large`, `format.malformed` for an empty body, kind or event id
 */
export function appendEntries(rows: Rows, size: number, entries: readonly NewEntry[]): readonly Appended[] {
  const added: Uint8Array[] = []
  const positions = entries.map((entry): Appended => {
    checkEntry(entry)
    const first = rows.entryOf(entry.eventId)
    if (first) return { index: first.index, body: first.body, repeated: true }
    const index = size + added.length
    rows.insertEntry({ ...entry, index })
    added.push(leafHash(entry.body))
    return { index, body: entry.body, repeated: false }
  })
  for (const tile of grownTiles(rows.tile, size, added)) rows.putTile(tile)
  return positions
}

function checkEntry({ body, kind, eventId }: NewEntry): void {
  if (body.length > MAX_ENTRY_BYTES) {
    throw new RunproofError(
      'ledger.entry_too_large',
      `an entry of ${body.length} bytes; ${MAX_ENTRY_BYTES} fit: log the digest, keep the document elsewhere`,
    )
  }
  if (body.length === 0 || kind === '' || eventId === '') {
    throw new RunproofError('format.malformed', 'a ledger entry has a body, a kind and an event id')
  }
}
