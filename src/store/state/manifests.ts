import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../../../core/model/time.ts'
import { integer, text, type Row } from './columns.ts'

/** What a manifest promises for: an application in an environment. */
export type ScopeName = { readonly application: string; readonly environment: string }

/** A scope and the key whose signature its manifests carry, PEM. */
export type ScopeRow = ScopeName & { readonly ownerKey: string; readonly createdAt: Instant }

export type ManifestRow = ScopeName & {
  readonly id: number
  readonly name: string
  readonly version: string
  readonly digest: string
  /** Object: the promise as published. */
  readonly promise: string
  /** Windows that start now or later are judged by it, until the next version's time. */
  readonly governsFrom: Instant
  readonly publishedAt: Instant
  readonly publishedBy: string
  readonly ledgerIndex: number
}

/** Scopes and their published manifests, one function per query. */
export function manifestRows(db: DatabaseSync) {
  const selectScopes = db.prepare('SELECT * FROM scope ORDER BY application, environment')
  const selectScope = db.prepare('SELECT * FROM scope WHERE application = ? AND environment = ?')
  const insertScope = db.prepare('INSERT INTO scope (application, environment, owner_key, created_at) VALUES (?, ?, ?, ?)')
  const updateOwner = db.prepare(
    'UPDATE scope SET owner_key = ?3 WHERE application = ?1 AND environment = ?2 AND owner_key <> ?3',
  )
  const selectVersion = db.prepare(
    'SELECT * FROM manifest_version WHERE application = ? AND environment = ? AND name = ? AND version = ?',
  )
  const selectById = db.prepare('SELECT * FROM manifest_version WHERE id = ?')
  const selectOfScope = db.prepare(
    'SELECT * FROM manifest_version WHERE application = ? AND environment = ? ORDER BY governs_from, id',
  )
  const insertVersion = db.prepare(`
    INSERT INTO manifest_version
      (application, environment, name, version, digest, promise, governs_from, published_at, published_by, ledger_index)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  `)

  return {
    scopes: (): readonly ScopeRow[] => selectScopes.all().map(scopeOf),
    scope: ({ application, environment }: ScopeName): ScopeRow | null => {
      const row = selectScope.get(application, environment)
      return row ? scopeOf(row) : null
    },
    insertScope: ({ application, environment, ownerKey, createdAt }: ScopeRow): void => {
      insertScope.run(application, environment, ownerKey, createdAt)
    },
    /** Whose key signs the manifests from now on. */
    settleOwner: ({ application, environment }: ScopeName, ownerKey: string): void => {
      updateOwner.run(application, environment, ownerKey)
    },
    manifest: ({
      application,
      environment,
      name,
      version,
    }: ScopeName & Pick<ManifestRow, 'name' | 'version'>): ManifestRow | null => {
      const row = selectVersion.get(application, environment, name, version)
      return row ? manifestOf(row) : null
    },
    manifestById: (id: number): ManifestRow | null => {
      const row = selectById.get(id)
      return row ? manifestOf(row) : null
    },
    /** In the order in which they come into force. */
    manifestsOf: ({ application, environment }: ScopeName): readonly ManifestRow[] =>
      selectOfScope.all(application, environment).map(manifestOf),
    insertManifest: (row: Omit<ManifestRow, 'id'>): number => {
      const { application, environment, name, version, digest, promise, governsFrom, publishedAt, publishedBy, ledgerIndex } = row
      const { lastInsertRowid } = insertVersion.run(
        application,
        environment,
        name,
        version,
        digest,
        promise,
        governsFrom,
        publishedAt,
        publishedBy,
        ledgerIndex,
      )
      return Number(lastInsertRowid)
    },
  }
}

export type ManifestRows = ReturnType<typeof manifestRows>

function scopeOf(row: Row): ScopeRow {
  return {
    application: text(row, 'application'),
    environment: text(row, 'environment'),
    ownerKey: text(row, 'owner_key'),
    createdAt: text(row, 'created_at'),
  }
}

function manifestOf(row: Row): ManifestRow {
  return {
    id: integer(row, 'id'),
    application: text(row, 'application'),
    environment: text(row, 'environment'),
    name: text(row, 'name'),
    version: text(row, 'version'),
    digest: text(row, 'digest'),
    promise: text(row, 'promise'),
    governsFrom: text(row, 'governs_from'),
    publishedAt: text(row, 'published_at'),
    publishedBy: text(row, 'published_by'),
    ledgerIndex: integer(row, 'ledger_index'),
  }
}
