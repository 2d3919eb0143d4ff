import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../../../core/model/time.ts'
import { bytes, integer, text, textOrNull, type Row } from './columns.ts'

/** A key that a person signs with. */
export type PersonKeyRow = {
  /** Base64 of SHA-256 over `spki`. */
  readonly keyId: string
  readonly person: string
  readonly spki: Uint8Array
  /** The person's name when the key was enrolled: what they signed. */
  readonly name: string
  /** DSSE envelope, JSON. */
  readonly statement: string
  readonly enrolledAt: Instant
  readonly ledgerIndex: number
  readonly revoked: KeyRevocation | null
}

export type KeyRevocation = {
  readonly at: Instant
  readonly by: string
  readonly because: string
  readonly ledgerIndex: number
}

/** People's keys, one function per query. */
export function personKeyRows(db: DatabaseSync) {
  const selectOne = db.prepare('SELECT * FROM person_key WHERE key_id = ?')
  const selectAll = db.prepare('SELECT * FROM person_key WHERE ?1 IS NULL OR person = ?1 ORDER BY enrolled_at, key_id')
  const insert = db.prepare(`
    INSERT INTO person_key (key_id, person, spki, name, statement, enrolled_at, ledger_index) VALUES (?, ?, ?, ?, ?, ?, ?)
  `)
  const revoke = db.prepare(`
    UPDATE person_key SET revoked_at = ?, revoked_by = ?, revoked_because = ?, revocation_index = ? WHERE key_id = ?
  `)

  return {
    personKey: (keyId: string): PersonKeyRow | null => {
      const row = selectOne.get(keyId)
      return row ? keyOf(row) : null
    },
    /** Everybody's with null, revoked ones too: what they signed before still counts. */
    personKeys: (person: string | null): readonly PersonKeyRow[] => selectAll.all(person).map(keyOf),
    insertPersonKey: (row: Omit<PersonKeyRow, 'revoked'>): void => {
      const { keyId, person, spki, name, statement, enrolledAt, ledgerIndex } = row
      insert.run(keyId, person, spki, name, statement, enrolledAt, ledgerIndex)
    },
    revokePersonKey: (keyId: string, { at, by, because, ledgerIndex }: KeyRevocation): void => {
      revoke.run(at, by, because, ledgerIndex, keyId)
    },
  }
}

export type PersonKeyRows = ReturnType<typeof personKeyRows>

function keyOf(row: Row): PersonKeyRow {
  const revokedAt = textOrNull(row, 'revoked_at')
  return {
    keyId: text(row, 'key_id'),
    person: text(row, 'person'),
    spki: bytes(row, 'spki'),
    name: text(row, 'name'),
    statement: text(row, 'statement'),
    enrolledAt: text(row, 'enrolled_at'),
    ledgerIndex: integer(row, 'ledger_index'),
    revoked:
      revokedAt === null
        ? null
        : {
            at: revokedAt,
            by: text(row, 'revoked_by'),
            because: text(row, 'revoked_because'),
            ledgerIndex: integer(row, 'revocation_index'),
          },
  }
}
