import { existsSync, readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { RunproofError } from '../../../core/model/errors.ts'
import { equalBytes } from '../../../core/proof/bytes.ts'
import type { Log } from '../../../core/proof/checkpoint.ts'
import { merkleRoot } from '../../../core/proof/merkle.ts'
import { formatVkey } from '../../../core/proof/note.ts'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import { guarded, immediately, openDatabase, openForReading, snapshot } from '../sqlite.ts'
import { appendEntries, type Appended, type NewEntry } from './append.ts'
import { checkClock, checkHead, checkPublished } from './check.ts'
import { contradiction, readOwnCheckpoint, signCheckpoint, type LogSigner } from './checkpoint.ts'
import { defaultHeadPath, readHeadFile, writeHeadFile } from './head-file.ts'
import { ledgerReader, type LedgerReader } from './reader.ts'
import { ledgerRows, type HeadRow, type Rows } from './rows.ts'
import { rootOf } from './tree.ts'

export type { Appended, NewEntry } from './append.ts'
export type { LogSigner } from './checkpoint.ts'
export type { Head, LedgerReader, Proven } from './reader.ts'

export type LedgerOptions = {
  readonly path: string
  readonly logKey: LogSigner
  /** The log's name, a bare host name. Default: made from the key, `<16 hex digits>.runproof.invalid`. */
  readonly origin?: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Where the newest checkpoint is kept outside the database; default: beside it. Best on another disk. */
  readonly headPath?: string
}

/** What happens inside one transaction: the caller's own changes through `db`, and entries that stand or fall with them. */
export type LedgerTransaction = {
  readonly db: DatabaseSync
  readonly append: (entries: readonly NewEntry[]) => readonly Appended[]
}

export type Ledger = LedgerReader & {
  /** For questions about what lies beside the ledger; changes go through {@link transaction}. */
  readonly db: DatabaseSync
  /**
   * Appends entries and, in the same commit, the caller's state change. Durable, signed and published when it returns. An event
   * that is already in the ledger is not appended again: its first position comes back. An error after the commit (the head file
   * could not be written) leaves the entries in; the same call then succeeds without adding any.
   * @throws RunproofError `ledger.entry_too_large`, `ledger.clock_went_back`, `ledger.contradiction`, `store.busy`
   */
  readonly append: (
    entries: readonly NewEntry[],
    also?: (db: DatabaseSync, positions: readonly Appended[]) => void,
  ) => readonly Appended[]
  /** As `append`, for work that decides as it goes. `work` is synchronous; when it throws, nothing has happened. */
  readonly transaction: <T>(work: (transaction: LedgerTransaction) => T) => T
}

/**
 * The log of this key, made when there is none. Before it signs anything it checks what it finds: docs/formats/ledger.md lists
 * the rules.
 * @throws RunproofError `ledger.contradiction`, `ledger.clock_went_back`, `store.unreadable`, `store.busy`
 */
export function openLedger({ path, logKey, origin, now, headPath = defaultHeadPath(path) }: LedgerOptions): Ledger {
  if (origin !== undefined && !isOrigin(origin)) {
    throw new RunproofError('usage', `a log's origin is a bare host name in lower case, not ${JSON.stringify(origin)}`)
  }
  const db = openDatabase(path, { migrations })
  return closedOnError(db, path, () => {
    const rows = ledgerRows(db)
    const log = immediately(db, () => checkedLog(rows, { logKey, origin, now, headPath }))
    const publish = publisher(db, rows, headPath)
    publish()

    const transaction = <T>(work: (transaction: LedgerTransaction) => T): T =>
      guarded(path, () => {
        const result = immediately(db, () => signed(rows, log, { logKey, now }, (append) => work({ db, append })))
        publish()
        return result
      })
    const append: Ledger['append'] = (entries, also) =>
      transaction((inside) => {
        const positions = inside.append(entries)
        also?.(db, positions)
        return positions
      })
    return { ...ledgerReader(db, rows, { path, log }), db, append, transaction }
  })
}

/**
 * An existing ledger, for reading: no private key is needed and nothing is changed. The log's name and key are the database's own
 * word; compare `vkey` with one that you trust.
 * @throws RunproofError `ledger.missing`, `ledger.contradiction`, `store.unreadable`, `store.busy`
 */
export function readLedger({ path, headPath = defaultHeadPath(path) }: Pick<LedgerOptions, 'path' | 'headPath'>): LedgerReader {
  if (!existsSync(path)) throw new RunproofError('ledger.missing', `there is no ledger at ${path} yet`)
  const db = openForReading(path, { migrations })
  return closedOnError(db, path, () => {
    const rows = ledgerRows(db)
    const log = rows.meta()
    if (!log) throw contradiction('the database does not say which log it is')
    // The file before the database: a writer updates them the other way round, so the file can only be behind.
    const look = () => ({ published: readHeadFile(headPath), head: snapshot(db, () => checkHead(rows, log)) })
    const first = look()
    // Whoever makes the ledger at this moment writes the file before the first entry: a second look must find it.
    const { published, head } = first.published === null && first.head.size > 0 ? look() : first
    checkOutside(published, head, rows, log, headPath)
    return ledgerReader(db, rows, { path, log })
  })
}

/** The name of a log that nobody named: from its key, so that no two logs share one. RFC 6761 keeps `.invalid` off the network. */
export function defaultOrigin(publicKey: Uint8Array): string {
  return `${sha256Hex(publicKey).slice(0, 16)}.runproof.invalid`
}

const migrations = [
  '0001_ledger.sql',
  '../state/0002_state.sql',
  '../state/0003_access.sql',
  '../state/0004_review.sql',
  '../state/0005_retention.sql',
].map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'))

/** Sigstore clients take the host of a URL for the log's name: no port, no path, lower case. */
function isOrigin(origin: string): boolean {
  return origin.length <= 253 && /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/.test(origin)
}

type Opening = Pick<LedgerOptions, 'logKey' | 'now'> & { readonly origin: string | undefined; readonly headPath: string }

/** Inside a transaction, so that nobody writes between one look and the next. */
function checkedLog(rows: Rows, { logKey, origin, now, headPath }: Opening): Log {
  const log = rows.meta() ?? founded(rows, { logKey, origin: origin ?? defaultOrigin(logKey.publicKey) })
  if (!equalBytes(log.publicKey, logKey.publicKey)) {
    throw contradiction(
      `the database belongs to the log key ${formatVkey({ name: log.origin, publicKey: log.publicKey })}, another was given`,
    )
  }
  if (origin !== undefined && origin !== log.origin) throw contradiction(`the database is the log ${log.origin}, not ${origin}`)
  if (rows.head() === null && rows.nextIndex() === 0) rows.insertHead(emptyHead(logKey, log.origin, now))
  const head = checkHead(rows, log)
  checkOutside(readHeadFile(headPath), head, rows, log, headPath)
  checkClock(now(), head)
  return log
}

function founded(rows: Rows, { logKey, origin }: { readonly logKey: LogSigner; readonly origin: string }): Log {
  const log = { origin, publicKey: logKey.publicKey }
  rows.insertMeta(log)
  return log
}

function emptyHead(key: LogSigner, origin: string, now: () => number): HeadRow {
  const empty = { size: 0, root: merkleRoot([]) }
  return { ...empty, checkpoint: signCheckpoint(key, origin, empty), time: Math.floor(now() / 1000) }
}

function checkOutside(published: string | null, head: HeadRow, rows: Rows, log: Log, headPath: string): void {
  if (published !== null) return checkPublished(readOwnCheckpoint(published, log, headPath), head, rows, headPath)
  if (head.size > 0) {
    throw contradiction(
      `${headPath} is missing, so nothing shows that the database with its ${head.size} entries is the newest; put back the file, ` +
        'or the newest checkpoint of this log that you hold',
    )
  }
}

/** Runs `work`; when it appended, signs the tree that came out. */
function signed<T>(
  rows: Rows,
  log: Log,
  { logKey, now }: Pick<LedgerOptions, 'logKey' | 'now'>,
  work: (append: LedgerTransaction['append']) => T,
): T {
  const before = headOf(rows)
  const time = checkClock(now(), before)
  let size = before.size
  const result = work((entries) => {
    const appended = appendEntries(rows, size, entries)
    size = rows.nextIndex()
    return appended
  })
  if (size === before.size) return result
  // Never sign what contradicts the last signature, whoever changed the hashes since.
  if (!equalBytes(rootOf(rows.tile, before.size), before.root))
    throw contradiction('stored hashes changed since they were signed')
  const head = { size, root: rootOf(rows.tile, size) }
  rows.updateHead({ ...head, checkpoint: signCheckpoint(logKey, log.origin, head), time })
  return result
}

/** Keeps the head file no further than the database and no further behind than the last transaction. */
function publisher(db: DatabaseSync, rows: Rows, headPath: string): () => void {
  let published = -1
  return () => {
    if (headOf(rows).size === published) return
    // Under the lock: otherwise a slower process could put an older checkpoint over a newer one.
    published = immediately(db, () => {
      const { size, checkpoint } = headOf(rows)
      writeHeadFile(headPath, checkpoint)
      return size
    })
  }
}

function headOf(rows: Rows): HeadRow {
  const head = rows.head()
  if (!head) throw contradiction('the database has no head')
  return head
}

function closedOnError<T>(db: DatabaseSync, path: string, work: () => T): T {
  try {
    return guarded(path, work)
  } catch (error) {
    db.close()
    throw error
  }
}
