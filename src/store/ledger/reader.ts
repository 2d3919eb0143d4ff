import type { DatabaseSync } from 'node:sqlite'
import { RunproofError } from '../../../core/model/errors.ts'
import { equalBytes } from '../../../core/proof/bytes.ts'
import type { Log } from '../../../core/proof/checkpoint.ts'
import { HASH_BYTES, leafHash, rootFromInclusion } from '../../../core/proof/merkle.ts'
import { formatVkey, noteKeyId } from '../../../core/proof/note.ts'
import { encodeEntries, TILE_WIDTH, type TileAddress } from '../../../core/proof/tile.ts'
import { guarded, snapshot } from '../sqlite.ts'
import { checkEverything, checkPublished } from './check.ts'
import { contradiction, type TreeHead } from './checkpoint.ts'
import type { EntryRow, HeadRow, Rows } from './rows.ts'
import { consistencyOf, inclusionOf } from './tree.ts'

/** `checkpoint` is the signed note; `time` (seconds since 1970) is when it was signed, by this machine's clock. */
export type Head = HeadRow & { readonly origin: string }

/** An entry and the proof (RFC 6962 §2.1.1) that the tree of `checkpoint` holds it at `index`. */
export type Proven = TreeHead & {
  readonly index: number
  readonly hashes: readonly Uint8Array[]
  readonly checkpoint: string
  readonly body: Uint8Array
}

/** Answers stay true while others append: nothing that was once there ever changes. */
export type LedgerReader = {
  readonly path: string
  readonly origin: string
  readonly publicKey: Uint8Array
  /** The log's full key id, 32 bytes: `logId.keyId` of a Sigstore bundle. */
  readonly keyId: Uint8Array
  /** How log clients are told of this log: `name+hash+base64`. */
  readonly vkey: string
  readonly head: () => Head
  /** @throws RunproofError `proof.invalid` when there is no such entry. */
  readonly entry: (index: number) => EntryRow
  /** At most `most` entries from `first` on. */
  readonly entries: (first: number, most: number) => readonly EntryRow[]
  /** Entries whose event id begins so, in the order of the log. */
  readonly named: (prefix: string) => readonly EntryRow[]
  /** Against the newest checkpoint. @throws RunproofError `proof.invalid`; `ledger.contradiction` when it would not verify. */
  readonly prove: (index: number) => Proven
  /** RFC 6962 §2.1.2, `1 <= size1 <= size2 <=` the ledger's size. @throws RunproofError `proof.invalid` */
  readonly consistency: (size1: number, size2: number) => readonly Uint8Array[]
  /** A hash tile or entry bundle of C2SP tlog-tiles, as wide as asked. @throws RunproofError `ledger.contradiction` */
  readonly tile: (address: TileAddress) => Uint8Array
  /** That an earlier tree of this log is a prefix of the present one. @throws RunproofError `ledger.contradiction` */
  readonly includes: (published: TreeHead, where: string) => void
  /** Rehashes every entry and tile. @throws RunproofError `ledger.contradiction` naming the first difference. */
  readonly verify: () => Head
  readonly close: () => void
}

/** What can be asked of a ledger that passed its start-up checks. */
export function ledgerReader(
  db: DatabaseSync,
  rows: Rows,
  { path, log }: { readonly path: string; readonly log: Log },
): LedgerReader {
  const { origin, publicKey } = log
  const head = (): Head => {
    const row = rows.head()
    if (!row) throw contradiction('the database has no head')
    return { ...row, origin }
  }
  const asked = <A extends readonly unknown[], T>(answer: (...question: A) => T) => {
    return (...question: A): T => guarded(path, () => answer(...question))
  }
  return {
    path,
    origin,
    publicKey,
    keyId: noteKeyId(origin, publicKey),
    vkey: formatVkey({ name: origin, publicKey }),
    head: asked(head),
    entry: asked((index: number) => entryAt(rows, index, head().size)),
    entries: asked(rows.entries),
    named: asked(rows.named),
    prove: asked((index: number) => prove(rows, head(), index)),
    consistency: asked((size1: number, size2: number) => consistency(rows, head().size, size1, size2)),
    tile: asked((address: TileAddress) => tileOf(rows, address)),
    includes: asked((published: TreeHead, where: string) => snapshot(db, () => checkPublished(published, head(), rows, where))),
    verify: asked(() => snapshot(db, () => ({ ...checkEverything(db, rows, log), origin }))),
    close: () => db.close(),
  }
}

function entryAt(rows: Rows, index: number, size: number): EntryRow {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new RunproofError('proof.invalid', `there is no entry ${index}: the ledger has ${size}, counted from 0`)
  }
  const [entry] = rows.entries(index, 1)
  if (entry?.index !== index) throw contradiction(`entry ${index} is missing`)
  return entry
}

function prove(rows: Rows, { size, root, checkpoint }: Head, index: number): Proven {
  const { body } = entryAt(rows, index, size)
  const hashes = inclusionOf(rows.tile, index, size)
  // A proof that does not hold must not leave the house.
  if (!equalBytes(rootFromInclusion({ index, size, leafHash: leafHash(body), proof: hashes }), root)) {
    throw contradiction(`entry ${index} does not lead to the signed root: it or a hash on its way was changed`)
  }
  return { index, size, root, hashes, checkpoint, body }
}

function consistency(rows: Rows, size: number, size1: number, size2: number): readonly Uint8Array[] {
  const asked = [size1, size2].every(Number.isSafeInteger) && size1 >= 1 && size1 <= size2 && size2 <= size
  if (!asked) throw new RunproofError('proof.invalid', `no proof from ${size1} to ${size2} entries: the ledger has ${size}`)
  return consistencyOf(rows.tile, size1, size2)
}

function tileOf(rows: Rows, { level, index, width }: TileAddress): Uint8Array {
  if (level === 'entries') {
    const entries = rows.entries(index * TILE_WIDTH, width)
    if (entries.length !== width) throw contradiction(`entries of bundle ${index} are missing`)
    return encodeEntries(entries.map(({ body }) => body))
  }
  const data = rows.tile(level, index).subarray(0, width * HASH_BYTES)
  if (data.length !== width * HASH_BYTES) throw contradiction(`hashes of tile ${level}/${index} are missing`)
  return data
}
