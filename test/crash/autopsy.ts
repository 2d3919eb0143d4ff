import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { readLedger } from '../../src/store/ledger/ledger.ts'
import type { Seen } from './senders.ts'

/** A report as the ledger's database holds it. */
export type Row = {
  readonly id: number
  readonly digest: string
  readonly window_id: string
  readonly verdict: string
  readonly cause: string
  readonly supersedes: string | null
  readonly evidence: string
  readonly receipt: string
  readonly ledger_index: number
}

/** What only grows: looked at after each death, and compared with what was there before. */
export type Remembered = {
  readonly reports: ReadonlyMap<string, Row>
  readonly head: { readonly size: number; readonly root: Uint8Array } | null
}

export type Autopsy = Remembered & { readonly brokenProofs: readonly string[]; readonly changedVerdicts: readonly string[] }

export const nothingRemembered: Remembered = { reports: new Map(), head: null }

/**
 * Looks into a data folder that a killed service left, in a copy: what it left is for the next start to repair. All of the ledger is
 * rehashed, it must have grown out of what it was, and no report may have changed or gone.
 */
export function autopsy(data: string, before: Remembered, seen: Iterable<Seen>): Autopsy {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-autopsy-'))
  try {
    for (const name of ['ledger.db', 'ledger.db-wal', 'ledger.head']) {
      if (existsSync(join(data, name))) copyFileSync(join(data, name), join(folder, name))
    }
    const { head, broken } = ledgerIn(folder, before)
    const reports = reportsIn(folder)
    return { head, reports, brokenProofs: broken, changedVerdicts: [...changed(before, reports, seen), ...twice(reports)] }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function ledgerIn(folder: string, { head: earlier }: Remembered) {
  const broken: string[] = []
  try {
    const ledger = readLedger({ path: join(folder, 'ledger.db') })
    try {
      const { size, root } = ledger.verify()
      if (earlier !== null && earlier.size > 0) ledger.includes(earlier, 'the ledger before this death')
      return { head: { size, root }, broken }
    } finally {
      ledger.close()
    }
  } catch (error) {
    broken.push(error instanceof Error ? error.message : String(error))
    return { head: earlier, broken }
  }
}

function reportsIn(folder: string): ReadonlyMap<string, Row> {
  const db = new DatabaseSync(join(folder, 'ledger.db'))
  try {
    const rows = db.prepare('SELECT * FROM report ORDER BY id').all() as unknown as Row[]
    return new Map(rows.map((row) => [row.digest, row]))
  } finally {
    db.close()
  }
}

function changed(before: Remembered, reports: ReadonlyMap<string, Row>, seen: Iterable<Seen>): readonly string[] {
  const known = [...before.reports.values()].filter((row) => JSON.stringify(reports.get(row.digest)) !== JSON.stringify(row))
  const shown = [...seen].filter(({ digest, window_id, verdict, ledger_index }) => {
    const row = reports.get(digest)
    return row?.window_id !== window_id || row.verdict !== verdict || row.ledger_index !== ledger_index
  })
  return [...known, ...shown].map(({ digest, window_id }) => `report ${digest.slice(0, 12)} of ${window_id} changed or is gone`)
}

/** One first report a window, each later one in place of the one before it, and none without a cause. */
function twice(reports: ReadonlyMap<string, Row>): readonly string[] {
  const problems: string[] = []
  const newest = new Map<string, Row>()
  for (const row of reports.values()) {
    const last = newest.get(row.window_id)
    if (row.supersedes !== (last?.digest ?? null)) {
      problems.push(
        `report ${row.digest.slice(0, 12)} of ${row.window_id} supersedes ${row.supersedes ?? 'none'}, not the last one`,
      )
    }
    if ((row.cause === 'close') !== (last === undefined))
      problems.push(`report ${row.digest.slice(0, 12)}: ${row.cause} as its cause`)
    if (row.cause === 'late_evidence' && row.evidence === last?.evidence) {
      problems.push(`report ${row.digest.slice(0, 12)} of ${row.window_id} judges the same evidence again`)
    }
    newest.set(row.window_id, row)
  }
  return problems
}
