import { readFileSync } from 'node:fs'
import { intakeLimits, type IntakeLimits } from '../../../core/judge/limits.ts'
import type { Window } from '../../../core/model/window.ts'
import { guarded, openDatabase, openForReading, snapshot } from '../sqlite.ts'
import { batchRows } from './batch-rows.ts'
import { behaviourRows } from './behaviour-rows.ts'
import { findingWriter, type FindingWriter } from './findings.ts'
import { loadIntake } from './load.ts'
import { overviewOf, type OverviewQuery, type OverviewRow } from './overview.ts'
import { findingSearch, type FindingPage, type FindingQuery } from './search.ts'
import { sightingRows } from './sighting-rows.ts'
import type { Batch, LoadedIntake, Place, StreamHead, WindowFilter, WindowState } from './types.ts'
import { watchRows } from './watch-rows.ts'
import { windowRows } from './window-rows.ts'
import { intakeWriter, type IntakeWriter } from './writer.ts'

/** The one writer of evidence.db. */
export type EvidenceWriter = IntakeWriter & FindingWriter & { readonly close: () => void }

/** Sees what was committed; any number of them, also while somebody writes. */
export type EvidenceReader = {
  readonly place: () => Place | null
  /** In the order of their ends. */
  readonly windows: (filter?: WindowFilter) => readonly WindowState[]
  /** Exactly what evidence holds of one fold of all the window's events, its limits included. */
  readonly intakeOf: (window: Window) => LoadedIntake
  readonly batchOf: (key: string) => Batch | null
  readonly streamOf: (sensor: string, stream: string) => StreamHead | null
  /** One page. @throws RunproofError `usage` for a cursor that is of another query, and for a text in which nothing can be searched */
  readonly searchFindings: (query: FindingQuery) => FindingPage
  /** Whether the findings of a window that are shown are those of this report. */
  readonly isIndexed: (windowId: string, reportDigest: string) => boolean
  readonly overview: (query: OverviewQuery) => readonly OverviewRow[]
  readonly close: () => void
}

export type EvidenceOptions = {
  /** Of one window; tests narrow them. */
  readonly limits?: IntakeLimits
}

/**
 * Creates and migrates the database where it must.
 * @throws RunproofError `store.unreadable`, `store.busy`, `store.full`
 */
export function openEvidence(path: string, { limits = intakeLimits }: EvidenceOptions = {}): EvidenceWriter {
  const db = openDatabase(path, { migrations })
  // Enough for the windows that are open; checkpoints come less often than by default, because hot pages are written again and again.
  db.exec('PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000')
  return { ...intakeWriter(db, path, limits), ...findingWriter(db, path), close: () => db.close() }
}

/** @throws RunproofError `store.unreadable`, also when the database was not yet made; `store.busy` */
export function readEvidence(path: string, { limits = intakeLimits }: EvidenceOptions = {}): EvidenceReader {
  const db = openForReading(path, { migrations })
  db.exec('PRAGMA cache_size = -32768')
  const [windows, batches] = [windowRows(db), batchRows(db)]
  const rows = { windows, behaviours: behaviourRows(db), sightings: sightingRows(db), watch: watchRows(db) }
  const search = findingSearch(db)
  const selectIndexed = db.prepare('SELECT 1 FROM indexed_report WHERE window = ? AND digest = ? AND live = 1')
  const reading = <T>(work: () => T): T => guarded(path, () => snapshot(db, work))
  return {
    place: () => reading(windows.place),
    windows: (filter = {}) => {
      return reading(() =>
        windows.windows(filter).map(({ window, revision, lastReceivedMs, forgotten }) => {
          return { window, revision, lastReceivedMs, forgotten }
        }),
      )
    },
    intakeOf: (window) => reading(() => loadIntake(rows, window, limits)),
    batchOf: (key) => reading(() => batches.batch(key)),
    streamOf: (sensor, stream) => reading(() => batches.stream(sensor, stream)),
    searchFindings: (query) => reading(() => search(query)),
    isIndexed: (windowId, reportDigest) => reading(() => selectIndexed.get(windowId, reportDigest) !== undefined),
    overview: (query) => reading(() => overviewOf(db, query)),
    close: () => db.close(),
  }
}

const migrations = ['0001_intake.sql', '0002_findings.sql', '0003_rules.sql'].map((name) =>
  readFileSync(new URL(name, import.meta.url), 'utf8'),
)
