import type { DatabaseSync } from 'node:sqlite'
import type { AccessScope, Grant } from '../../../core/model/access.ts'
import type { Instant } from '../../../core/model/time.ts'
import { text, textOrNull, type Row } from './columns.ts'

/** A one-time token; `hash` is its SHA-256. What it gives was settled by whoever made it, never by whoever uses it. */
export type EnrolmentRow = {
  readonly hash: Uint8Array
  readonly gives: EnrolmentGift
  readonly madeBy: string
  readonly createdAt: Instant
  readonly expiresAt: Instant
  readonly usedAt: Instant | null
}

export type EnrolmentGift =
  | { readonly what: 'sensor'; readonly scopes: readonly AccessScope[] }
  /** `person` null: whoever uses it becomes a new local person with these grants. */
  | { readonly what: 'person'; readonly grants: readonly Grant[]; readonly person: string | null }

/** One-time tokens, one function per query. */
export function enrolmentRows(db: DatabaseSync) {
  const selectOne = db.prepare('SELECT * FROM enrolment WHERE hash = ?')
  const insert = db.prepare(
    'INSERT INTO enrolment (hash, what, grants, person, made_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const use = db.prepare('UPDATE enrolment SET used_at = ?1 WHERE hash = ?2 AND used_at IS NULL AND expires_at > ?1')

  return {
    enrolment: (hash: Uint8Array): EnrolmentRow | null => {
      const row = selectOne.get(hash)
      return row ? enrolmentOf(row, hash) : null
    },
    insertEnrolment: ({ hash, gives, madeBy, createdAt, expiresAt }: Omit<EnrolmentRow, 'usedAt'>): void => {
      const content = gives.what === 'sensor' ? gives.scopes : gives.grants
      const person = gives.what === 'person' ? gives.person : null
      insert.run(hash, gives.what, JSON.stringify(content), person, madeBy, createdAt, expiresAt)
    },
    /** True for the one who comes first, in time. */
    useEnrolment: (hash: Uint8Array, at: Instant): boolean => use.run(at, hash).changes === 1,
  }
}

export type EnrolmentRows = ReturnType<typeof enrolmentRows>

function enrolmentOf(row: Row, hash: Uint8Array): EnrolmentRow {
  return {
    hash,
    gives: giftOf(row),
    madeBy: text(row, 'made_by'),
    createdAt: text(row, 'created_at'),
    expiresAt: text(row, 'expires_at'),
    usedAt: textOrNull(row, 'used_at'),
  }
}

function giftOf(row: Row): EnrolmentGift {
  const content: unknown = JSON.parse(text(row, 'grants'))
  if (text(row, 'what') === 'sensor') return { what: 'sensor', scopes: content as readonly AccessScope[] }
  return { what: 'person', grants: content as readonly Grant[], person: textOrNull(row, 'person') }
}
