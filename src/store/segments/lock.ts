import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { RunproofError } from '../../../core/model/errors.ts'

/**
 * Makes this the only writer of `folder`; returns what lets go. The lock is SQLite's exclusive one on an empty database: a lock of the
 * kernel, so it dies with its process however that ends, counts between containers on one volume, and refuses a second
 * writer in the same process too. A file with a process id would outlive its process, and the id may be another's by then. No one else in
 * this process may open the file: closing it would let go (POSIX).
 * @throws RunproofError `store.busy` when another writer has it.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock')
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
    chmodSync(path, 0o600)
  } catch (error) {
    db.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) {
      const why = `another process receives into ${folder}; stop it first, two cannot write there`
      throw new RunproofError('store.busy', why, { cause: error })
    }
    throw error
  }
  return () => db.close()
}

const SQLITE_BUSY = 5
