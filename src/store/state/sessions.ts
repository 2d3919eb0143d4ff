import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../../../core/model/time.ts'
import { text, type Row } from './columns.ts'

/** A person's login; `hash` is the SHA-256 of the cookie. */
export type SessionRow = {
  readonly hash: Uint8Array
  readonly person: string
  readonly createdAt: Instant
  readonly expiresAt: Instant
  readonly usedAt: Instant
}

/** Logins, one function per query. */
export function sessionRows(db: DatabaseSync) {
  const selectOne = db.prepare('SELECT * FROM session WHERE hash = ?')
  const insert = db.prepare('INSERT INTO session (hash, person, created_at, expires_at, used_at) VALUES (?, ?, ?, ?, ?)')
  const touch = db.prepare('UPDATE session SET used_at = ? WHERE hash = ?')
  const remove = db.prepare('DELETE FROM session WHERE hash = ?')
  const removeOf = db.prepare('DELETE FROM session WHERE person = ?')
  const removeOld = db.prepare('DELETE FROM session WHERE expires_at <= ?1 OR used_at <= ?2')

  return {
    session: (hash: Uint8Array): SessionRow | null => {
      const row = selectOne.get(hash)
      return row ? sessionOf(row, hash) : null
    },
    insertSession: ({ hash, person, createdAt, expiresAt, usedAt }: SessionRow): void => {
      insert.run(hash, person, createdAt, expiresAt, usedAt)
    },
    touchSession: (hash: Uint8Array, at: Instant): void => {
      touch.run(at, hash)
    },
    deleteSession: (hash: Uint8Array): boolean => remove.run(hash).changes === 1,
    deleteSessionsOf: (person: string): number => Number(removeOf.run(person).changes),
    /** Those that ended, and those that nobody used since. */
    deleteOldSessions: (now: Instant, unusedSince: Instant): number => Number(removeOld.run(now, unusedSince).changes),
  }
}

export type SessionRows = ReturnType<typeof sessionRows>

function sessionOf(row: Row, hash: Uint8Array): SessionRow {
  return {
    hash,
    person: text(row, 'person'),
    createdAt: text(row, 'created_at'),
    expiresAt: text(row, 'expires_at'),
    usedAt: text(row, 'used_at'),
  }
}
