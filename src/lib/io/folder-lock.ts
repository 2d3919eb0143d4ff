import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { RunproofError } from '../../../core/model/errors.ts'

/**
 * Makes this the only one that works in `folder`; returns what lets go. The lock is SQLite's exclusive one on an empty database: a lock of
 * the kernel, so it dies with its process however that ends, counts between containers on one volume, and refuses a second holder in the
 * same process too. A file with a process id would outlive its process, and the id may be another's by then. No one else in this
 * process may open the file: closing it would let go (POSIX).
 * @param taken what to say, and what to do, when somebody else has it
 * @throws RunproofError `store.busy` when somebody else has it.
 */
export function lockFolder(folder: string, taken: string): () => void {
  const path = join(folder, 'lock')
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
    chmodSync(path, 0o600)
  } catch (cause) {
    db.close()
    const isTaken = cause instanceof Error && 'errcode' in cause && cause.errcode === SQLITE_BUSY
    throw isTaken ? new RunproofError('store.busy', taken, { cause }) : cause
  }
  return () => db.close()
}

const SQLITE_BUSY = 5
