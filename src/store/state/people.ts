import type { DatabaseSync } from 'node:sqlite'
import type { Grant, PersonName, Role } from '../../../core/model/access.ts'
import type { Instant } from '../../../core/model/time.ts'
import { text, textOrNull, type Row } from './columns.ts'

/** The issuer of people whom this service lets in itself. */
export const LOCAL_ISSUER = 'urn:runproof:local'

export type PersonRow = PersonName & { readonly createdAt: Instant; readonly disabledAt: Instant | null }

/** `login`: from the groups of the last login; `given`: by an administrator. */
export type GrantOrigin = 'given' | 'login'
export type GrantRow = Grant & { readonly origin: GrantOrigin; readonly grantedAt: Instant; readonly grantedBy: string }

/** People and what they may be, one function per query. */
export function peopleRows(db: DatabaseSync) {
  const selectById = db.prepare('SELECT * FROM person WHERE id = ?')
  const selectByName = db.prepare('SELECT * FROM person WHERE issuer = ? AND subject = ?')
  const selectAll = db.prepare('SELECT * FROM person ORDER BY created_at, id')
  const insert = db.prepare('INSERT INTO person (id, issuer, subject, name, email, created_at) VALUES (?, ?, ?, ?, ?, ?)')
  const rename = db.prepare('UPDATE person SET name = ?, email = ? WHERE id = ?')
  const disable = db.prepare('UPDATE person SET disabled_at = ? WHERE id = ?')
  const selectGrants = db.prepare('SELECT * FROM role_grant WHERE person = ? ORDER BY role, application, environment, origin')
  const insertGrant = db.prepare(`
    INSERT INTO role_grant (person, role, application, environment, origin, granted_at, granted_by) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING
  `)
  const deleteGrant = db.prepare(
    'DELETE FROM role_grant WHERE person = ? AND role = ? AND application = ? AND environment = ? AND origin = ?',
  )

  return {
    person: (id: string): PersonRow | null => maybe(selectById.get(id)),
    personNamed: (issuer: string, subject: string): PersonRow | null => maybe(selectByName.get(issuer, subject)),
    people: (): readonly PersonRow[] => selectAll.all().map(personOf),
    insertPerson: ({ id, issuer, subject, name, email, createdAt }: Omit<PersonRow, 'disabledAt'>): void => {
      insert.run(id, issuer, subject, name, email, createdAt)
    },
    renamePerson: ({ id, name, email }: Pick<PersonRow, 'id' | 'name' | 'email'>): void => {
      rename.run(name, email, id)
    },
    /** Null lets the person in again. */
    disablePerson: (id: string, at: Instant | null): void => {
      disable.run(at, id)
    },
    grantsOf: (person: string): readonly GrantRow[] => selectGrants.all(person).map(grantOf),
    insertGrant: (person: string, { role, application, environment, origin, grantedAt, grantedBy }: GrantRow): boolean =>
      insertGrant.run(person, role, application, environment, origin, grantedAt, grantedBy).changes === 1,
    deleteGrant: (person: string, { role, application, environment }: Grant, origin: GrantOrigin): boolean =>
      deleteGrant.run(person, role, application, environment, origin).changes === 1,
  }
}

export type PeopleRows = ReturnType<typeof peopleRows>

function maybe(row: Row | undefined): PersonRow | null {
  return row ? personOf(row) : null
}

function personOf(row: Row): PersonRow {
  return {
    id: text(row, 'id'),
    issuer: text(row, 'issuer'),
    subject: text(row, 'subject'),
    name: text(row, 'name'),
    email: textOrNull(row, 'email'),
    createdAt: text(row, 'created_at'),
    disabledAt: textOrNull(row, 'disabled_at'),
  }
}

function grantOf(row: Row): GrantRow {
  return {
    role: text(row, 'role') as Role,
    application: text(row, 'application'),
    environment: text(row, 'environment'),
    origin: text(row, 'origin') as GrantOrigin,
    grantedAt: text(row, 'granted_at'),
    grantedBy: text(row, 'granted_by'),
  }
}
