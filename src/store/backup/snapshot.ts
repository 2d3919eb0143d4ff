import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { RunproofError } from '../../../core/model/errors.ts'
import { guarded } from '../sqlite.ts'
import type { Position } from '../segments/segments.ts'
import { placeOf } from './contents.ts'
import { EVIDENCE, LEDGER } from './names.ts'

/** Copies of a data folder's databases; `evidence` is null when there is none yet. */
export type Snapshots = { readonly ledger: string; readonly evidence: string | null }

export type SnapshotOptions = {
  readonly data: string
  /** Where the copies go. */
  readonly work: string
  readonly onProgress: (what: string, bytes: { readonly read: number; readonly total: number }) => void
  /** Called when the moment is fixed and nothing is copied yet, with how far evidence.db has come then. */
  readonly atMoment: (place: Position | null) => void
}

/**
 * Copies the databases as they are at one moment, while others go on writing. The read transaction that is held open is what makes this end:
 * without it SQLite begins again whenever another process commits. It is begun in ledger.db first, so that evidence.db has folded at
 * least what the ledger says was sealed; both are begun before either is copied, so that hardly anything can happen in between.
 * @throws RunproofError `ledger.missing`, `store.unreadable`, `store.busy`, `store.full`
 */
export async function takeSnapshots({ data, work, onProgress, atMoment }: SnapshotOptions): Promise<Snapshots> {
  if (!existsSync(join(data, LEDGER))) {
    throw new RunproofError(
      'ledger.missing',
      `there is no ledger in ${data}, so nothing to back up; name the data folder with --data`,
    )
  }
  const held: { readonly path: string; readonly db: DatabaseSync }[] = []
  try {
    for (const path of [LEDGER, EVIDENCE].map((name) => join(data, name))) if (existsSync(path)) held.push(hold(path))
    const evidence = held.find(({ path }) => path === join(data, EVIDENCE))
    atMoment(evidence === undefined ? null : placeIn(evidence.db, evidence.path))
    const copies: string[] = []
    for (const { db, path } of held) {
      const copy = join(work, path === join(data, LEDGER) ? LEDGER : EVIDENCE)
      await copied(db, path, copy, onProgress)
      copies.push(copy)
      db.close()
    }
    return { ledger: copies[0] ?? '', evidence: copies[1] ?? null }
  } finally {
    for (const { db } of held) if (db.isOpen) db.close()
  }
}

function hold(path: string): { readonly path: string; readonly db: DatabaseSync } {
  return guarded(path, () => {
    const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS })
    try {
      db.exec('BEGIN')
      // The transaction begins with the first reading.
      db.prepare('SELECT count(*) FROM sqlite_schema').get()
      return { path, db }
    } catch (error) {
      db.close()
      throw error
    }
  })
}

function placeIn(db: DatabaseSync, path: string): Position | null {
  return guarded(path, () => placeOf(db))
}

async function copied(db: DatabaseSync, path: string, copy: string, onProgress: SnapshotOptions['onProgress']): Promise<void> {
  const pageBytes = Number(db.prepare('PRAGMA page_size').get()?.['page_size'])
  await backup(db, copy, {
    rate: PAGES_AT_ONCE,
    progress: ({ totalPages, remainingPages }) =>
      onProgress(`copying ${path}`, { read: (totalPages - remainingPages) * pageBytes, total: totalPages * pageBytes }),
  }).catch((error: unknown) =>
    guarded(copy, () => {
      throw error
    }),
  )
  standalone(copy, path)
}

/** One file, without the write-ahead log that it would otherwise ask for when it is opened, and no copy of a damaged one. */
function standalone(copy: string, path: string): void {
  guarded(path, () => {
    const db = new DatabaseSync(copy)
    try {
      db.exec('PRAGMA journal_mode = DELETE')
      const wrong = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
      if (wrong !== 'ok') {
        const why = `the database ${path} is damaged: ${String(wrong)}; restore it from an earlier backup, and keep it for what can be saved`
        throw new RunproofError('store.unreadable', why)
      }
    } finally {
      db.close()
    }
  })
  const fd = openSync(copy, 'r')
  fsyncSync(fd)
  closeSync(fd)
}

const BUSY_MS = 30_000
/** 16 MB: seldom enough to cost nothing, often enough to show that it moves. */
const PAGES_AT_ONCE = 2000
