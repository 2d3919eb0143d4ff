import { readFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { replaceFile } from '../../lib/io/durable-file.ts'
import { contradiction } from './checkpoint.ts'

/**
 * The newest checkpoint, kept outside the database, so that an older copy of the database is noticed. By default it lies beside:
 * `ledger.head` for `ledger.db`. On another disk it also notices a whole folder that was put back.
 */
export function defaultHeadPath(databasePath: string): string {
  return join(dirname(databasePath), `${basename(databasePath, extname(databasePath))}.head`)
}

/** The checkpoint in the file; null when there is none. @throws RunproofError `ledger.contradiction` when it cannot be one. */
export function readHeadFile(path: string): string | null {
  try {
    const content = readFileSync(path)
    if (content.length > MAX_BYTES) throw contradiction(`${path} is no checkpoint`)
    return content.toString()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** Durable when it returns. */
export function writeHeadFile(path: string, checkpoint: string): void {
  replaceFile(path, checkpoint, 0o600)
}

/** A checkpoint with many witness signatures stays far below. */
const MAX_BYTES = 1024 * 1024
