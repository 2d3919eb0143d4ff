import type { DatabaseSync } from 'node:sqlite'
import type { AccessScope } from '../../../core/model/access.ts'
import type { Instant } from '../../../core/model/time.ts'
import { bytes, integer, text, textOrNull, type Row } from './columns.ts'

export const sensorKinds = ['falco', 'tetragon', 'tracee', 'kubearmor', 'runproof', 'auto'] as const
export type SensorKind = (typeof sensorKinds)[number]

/** An enrolled sender of evidence. */
export type SensorRow = {
  readonly id: string
  readonly name: string
  readonly kind: SensorKind
  /** What it may speak for; `*` is any. */
  readonly scopes: readonly AccessScope[]
  /** Its P-256 key, for signed batches. */
  readonly spki: Uint8Array | null
  readonly secretHash: Uint8Array | null
  readonly spiffeId: string | null
  readonly enrolledBy: string
  readonly enrolledAt: Instant
  readonly ledgerIndex: number
  readonly revokedAt: Instant | null
  readonly revokedBy: string | null
}

/** Enrolled sensors, one function per query. */
export function sensorRows(db: DatabaseSync) {
  const selectOne = db.prepare('SELECT * FROM sensor WHERE id = ?')
  const selectWorkload = db.prepare('SELECT * FROM sensor WHERE spiffe_id = ? AND revoked_at IS NULL')
  const selectAll = db.prepare('SELECT * FROM sensor ORDER BY enrolled_at, id')
  const insert = db.prepare(`
    INSERT INTO sensor (id, name, kind, scopes, spki, secret_hash, spiffe_id, enrolled_by, enrolled_at, ledger_index)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  `)
  const revoke = db.prepare('UPDATE sensor SET revoked_at = ?, revoked_by = ? WHERE id = ? AND revoked_at IS NULL')

  return {
    sensor: (id: string): SensorRow | null => maybe(selectOne.get(id)),
    /** The one that is not revoked. */
    sensorOfWorkload: (spiffeId: string): SensorRow | null => maybe(selectWorkload.get(spiffeId)),
    sensors: (): readonly SensorRow[] => selectAll.all().map(sensorOf),
    insertSensor: (row: Omit<SensorRow, 'revokedAt' | 'revokedBy'>): void => {
      const { id, name, kind, spki, secretHash, spiffeId, enrolledBy, enrolledAt, ledgerIndex } = row
      insert.run(id, name, kind, JSON.stringify(row.scopes), spki, secretHash, spiffeId, enrolledBy, enrolledAt, ledgerIndex)
    },
    /** False when it was revoked before. */
    revokeSensor: (id: string, at: Instant, by: string): boolean => revoke.run(at, by, id).changes === 1,
  }
}

export type SensorRows = ReturnType<typeof sensorRows>

function maybe(row: Row | undefined): SensorRow | null {
  return row ? sensorOf(row) : null
}

function sensorOf(row: Row): SensorRow {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    kind: text(row, 'kind') as SensorKind,
    scopes: JSON.parse(text(row, 'scopes')) as readonly AccessScope[],
    spki: row['spki'] === null ? null : bytes(row, 'spki'),
    secretHash: row['secret_hash'] === null ? null : bytes(row, 'secret_hash'),
    spiffeId: textOrNull(row, 'spiffe_id'),
    enrolledBy: text(row, 'enrolled_by'),
    enrolledAt: text(row, 'enrolled_at'),
    ledgerIndex: integer(row, 'ledger_index'),
    revokedAt: textOrNull(row, 'revoked_at'),
    revokedBy: textOrNull(row, 'revoked_by'),
  }
}
