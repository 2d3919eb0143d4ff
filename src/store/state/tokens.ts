import type { DatabaseSync } from 'node:sqlite'
import type { Grant, Permission } from '../../../core/model/access.ts'
import type { Instant } from '../../../core/model/time.ts'
import { bytes, integer, text, textOrNull, type Row } from './columns.ts'

/** An API token; `hash` is the SHA-256 of its secret. */
export type TokenRow = {
  readonly id: string
  readonly hash: Uint8Array
  readonly name: string
  /** Whose it is; null: a service's. */
  readonly person: string | null
  readonly grants: readonly Grant[]
  /** What it is cut to; null: all that its roles hold. */
  readonly permissions: readonly Permission[] | null
  readonly madeBy: string
  readonly createdAt: Instant
  readonly expiresAt: Instant
  readonly ledgerIndex: number
  readonly revokedAt: Instant | null
  readonly revokedBy: string | null
  /** UTC day, `2026-03-02`. */
  readonly lastUsedDay: string | null
}

/** API tokens, one function per query. */
export function tokenRows(db: DatabaseSync) {
  const selectOne = db.prepare('SELECT * FROM token WHERE id = ?')
  const selectAll = db.prepare('SELECT * FROM token ORDER BY created_at, id')
  const insert = db.prepare(`
    INSERT INTO token (id, hash, name, person, grants, permissions, made_by, created_at, expires_at, ledger_index)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  `)
  const revoke = db.prepare('UPDATE token SET revoked_at = ?, revoked_by = ? WHERE id = ? AND revoked_at IS NULL')
  const use = db.prepare('UPDATE token SET last_used_day = ? WHERE id = ?')

  return {
    token: (id: string): TokenRow | null => {
      const row = selectOne.get(id)
      return row ? tokenOf(row) : null
    },
    tokens: (): readonly TokenRow[] => selectAll.all().map(tokenOf),
    insertToken: (row: Omit<TokenRow, 'revokedAt' | 'revokedBy' | 'lastUsedDay'>): void => {
      const { id, hash, name, person, madeBy, createdAt, expiresAt, ledgerIndex } = row
      const permissions = row.permissions === null ? null : JSON.stringify(row.permissions)
      insert.run(id, hash, name, person, JSON.stringify(row.grants), permissions, madeBy, createdAt, expiresAt, ledgerIndex)
    },
    /** False when it was revoked before. */
    revokeToken: (id: string, at: Instant, by: string): boolean => revoke.run(at, by, id).changes === 1,
    useToken: (id: string, day: string): void => {
      use.run(day, id)
    },
  }
}

export type TokenRows = ReturnType<typeof tokenRows>

function tokenOf(row: Row): TokenRow {
  const permissions = textOrNull(row, 'permissions')
  return {
    id: text(row, 'id'),
    hash: bytes(row, 'hash'),
    name: text(row, 'name'),
    person: textOrNull(row, 'person'),
    grants: JSON.parse(text(row, 'grants')) as readonly Grant[],
    permissions: permissions === null ? null : (JSON.parse(permissions) as readonly Permission[]),
    madeBy: text(row, 'made_by'),
    createdAt: text(row, 'created_at'),
    expiresAt: text(row, 'expires_at'),
    ledgerIndex: integer(row, 'ledger_index'),
    revokedAt: textOrNull(row, 'revoked_at'),
    revokedBy: textOrNull(row, 'revoked_by'),
    lastUsedDay: textOrNull(row, 'last_used_day'),
  }
}
