import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { RunproofError } from '../../../core/model/errors.ts'

/**
 * Makes this the only forwarder with this memory; returns what lets go. SQLite's exclusive lock on an empty database: it dies with its
 * process, however that ends.
 * @throws RunproofError `store.busy`
 */
export function lockMemory(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'lock')
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
    chmodSync(path, 0o600)
  } catch (error) {
    db.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) {
      const why = `another forwarder runs with ${folder}; two cannot number the same stream`
      throw new RunproofError('store.busy', why, { cause: error })
    }
    throw error
  }
  return () => db.close()
}

const SQLITE_BUSY = 5
