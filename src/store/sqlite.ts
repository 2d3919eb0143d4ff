import { DatabaseSync } from 'node:sqlite'
import { RunproofError } from '../../core/model/errors.ts'

export type OpenOptions = {
  /** SQL scripts; the n-th brings a database to `user_version` n. Never edited once released. */
  readonly migrations: readonly string[]
  /** How long to wait for another process that writes. */
  readonly busyMs?: number
}

/**
 * A database that loses nothing it acknowledged: WAL, `synchronous=FULL`, 8 KB pages, foreign keys, and triggers that
 * `INSERT OR REPLACE` cannot slip past. Creates and migrates it; several processes may do so at once.
 * @throws RunproofError `store.unreadable` when it is no database, damaged, or made by a newer version; `store.busy`
 */
export function openDatabase(path: string, { migrations, busyMs = BUSY_MS }: OpenOptions): DatabaseSync {
  return guarded(path, () => {
    const db = new DatabaseSync(path, { timeout: busyMs })
    return closedOnError(db, () => {
      // The page size counts only before the first table; switching to WAL needs the database alone for a moment.
      db.exec('PRAGMA page_size = 8192')
      untilFree(busyMs, () => db.exec('PRAGMA journal_mode = WAL'))
      db.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON')
      if (versionOf(db) !== migrations.length) immediately(db, () => migrate(db, migrations, path))
    })
  })
}

/**
 * An existing database, for reading only.
 * @throws RunproofError `store.unreadable`, also when it was not yet migrated; `store.busy`
 */
export function openForReading(path: string, { migrations, busyMs = BUSY_MS }: OpenOptions): DatabaseSync {
  return guarded(path, () => {
    const db = new DatabaseSync(path, { timeout: busyMs, readOnly: true })
    return closedOnError(db, () => {
      if (versionOf(db) !== migrations.length) throw unreadable(path, `it has version ${versionOf(db)}, not ${migrations.length}`)
    })
  })
}

/**
 * Runs `work` as the only writer, in one transaction: all of it is durable when this returns, or none of it happened.
 * `work` is synchronous: what it promised for later would be outside.
 * @throws RunproofError `store.busy` when others write for too long; else what `work` throws.
 */
export function immediately<T>(db: DatabaseSync, work: () => T): T {
  guarded(db.location() ?? 'the database', () => db.exec('BEGIN IMMEDIATE'))
  try {
    const result = work()
    if (result instanceof Promise) throw new TypeError('a transaction cannot wait: its work must be synchronous')
    db.exec('COMMIT')
    return result
  } catch (error) {
    // Some failures (a full disk, for one) have rolled back by themselves.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** Runs `work` on one state of the database, whatever others write meanwhile. */
export function snapshot<T>(db: DatabaseSync, work: () => T): T {
  if (db.isTransaction) return work()
  db.exec('BEGIN')
  try {
    return work()
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK')
  }
}

/** Runs a query or statement and turns a damaged or busy database into an error that says what to do. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const code = resultCode(error)
    if (code === SQLITE.busy || code === SQLITE.locked) {
      throw new RunproofError('store.busy', `another process has been writing ${path} for too long; try again`, { cause: error })
    }
    if (code === SQLITE.full) {
      const why = `the disk that holds ${path} is full; nothing of this was kept: make room and run again`
      throw new RunproofError('store.full', why, { cause: error })
    }
    if (code !== null && UNREADABLE.has(code)) throw unreadable(path, error instanceof Error ? error.message : '', error)
    throw error
  }
}

/** https://www.sqlite.org/rescode.html; the low byte of an extended code is the primary one. */
const SQLITE = { busy: 5, locked: 6, readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, notadb: 26 } as const
const UNREADABLE: ReadonlySet<number> = new Set([SQLITE.readonly, SQLITE.ioerr, SQLITE.corrupt, SQLITE.cantopen, SQLITE.notadb])
const BUSY_MS = 30_000

function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null
  return error.errcode & 0xff
}

/** The busy timeout does not cover a change of journal mode: two processes that both create a database must take turns. */
function untilFree(waitMs: number, work: () => void): void {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let waited = 0; ; waited += 20) {
    try {
      return work()
    } catch (error) {
      if (resultCode(error) !== SQLITE.busy || waited >= waitMs) throw error
      Atomics.wait(pause, 0, 0, 20)
    }
  }
}

function migrate(db: DatabaseSync, migrations: readonly string[], path: string): void {
  const version = versionOf(db)
  if (version > migrations.length) {
    throw unreadable(path, `it was made by a newer Runproof (version ${version}, this one knows ${migrations.length})`)
  }
  for (const script of migrations.slice(version)) db.exec(script)
  db.exec(`PRAGMA user_version = ${migrations.length}`)
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
}

function closedOnError(db: DatabaseSync, prepare: () => void): DatabaseSync {
  try {
    prepare()
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function unreadable(path: string, why: string, cause?: unknown): RunproofError {
  return new RunproofError('store.unreadable', `cannot use the database ${path}: ${why}`, { cause })
}
