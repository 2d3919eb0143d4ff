import type { DatabaseSync } from 'node:sqlite'
import { instantMs, MINUTE_MS, type Instant } from '../../../core/model/time.ts'
import type { Severity } from '../../../core/model/severity.ts'
import { integer, type Row } from '../state/columns.ts'
import type { FindingRow } from './finding-types.ts'

/** Findings by severity where they are violations, and by state where they are not. */
export type Counts = { readonly [name in Severity | 'waived' | 'excepted' | 'unmapped']: number }
type Counting = { -readonly [name in keyof Counts]: Counts[name] }

/** Counts the findings of one report by control. */
export type Rollup = {
  readonly add: (control: number, row: FindingRow) => void
  readonly counts: () => ReadonlyMap<number, Counts>
}

export function rollupOf(): Rollup {
  const byControl = new Map<number, Counting>()
  return {
    add(control, { state, severity }) {
      const counts = byControl.get(control) ?? none()
      counts[state === 'violation' ? severity : state]++
      byControl.set(control, counts)
    },
    counts: () => byControl,
  }
}

/** Lengths of the blocks that windows are added up in, in minutes; longest first, each a multiple of the next. */
export const BLOCK_MINUTES = [1440, 360] as const

/** What is counted by window and control, and by block; one function per query. */
export function rollupRows(db: DatabaseSync) {
  const insert = db.prepare(`
    INSERT INTO rollup (starts, scope, control, report, info, low, medium, high, critical, waived, excepted, unmapped)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  `)
  const addToBlock = db.prepare(`
    INSERT INTO rollup_block (minutes, starts, scope, control, info, low, medium, high, critical, waived, excepted, unmapped)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (minutes, scope, starts, control) DO UPDATE SET
      info = info + excluded.info, low = low + excluded.low, medium = medium + excluded.medium, high = high + excluded.high,
      critical = critical + excluded.critical, waived = waived + excluded.waived, excepted = excepted + excluded.excepted,
      unmapped = unmapped + excluded.unmapped
  `)
  const select = db.prepare('SELECT * FROM rollup WHERE report = ?')
  const remove = db.prepare('DELETE FROM rollup WHERE report = ?')
  const removeEmpty = db.prepare(`
    DELETE FROM rollup_block WHERE minutes = ? AND scope = ? AND starts = ? AND control = ?
      AND info + low + medium + high + critical + waived + excepted + unmapped = 0
  `)

  return {
    insert: (start: Instant, scope: number, report: number, rollup: Rollup): void => {
      const starts = instantMs(start) / MINUTE_MS
      for (const [control, counts] of rollup.counts()) {
        const figures = figuresOf(counts)
        insert.run(starts, scope, control, report, ...figures)
        for (const minutes of BLOCK_MINUTES) addToBlock.run(minutes, starts - (starts % minutes), scope, control, ...figures)
      }
    },
    remove: (report: number): void => {
      for (const row of select.all(report)) {
        const [starts, scope, control] = [integer(row, 'starts'), integer(row, 'scope'), integer(row, 'control')]
        const less = figuresOf(countsOf(row)).map((figure) => -figure)
        for (const minutes of BLOCK_MINUTES) {
          const block = starts - (starts % minutes)
          addToBlock.run(minutes, block, scope, control, ...less)
          removeEmpty.run(minutes, scope, block, control)
        }
      }
      remove.run(report)
    },
  }
}

/** The counts of a row that has such columns. */
function countsOf(row: Row): Counts {
  return {
    info: integer(row, 'info'),
    low: integer(row, 'low'),
    medium: integer(row, 'medium'),
    high: integer(row, 'high'),
    critical: integer(row, 'critical'),
    waived: integer(row, 'waived'),
    excepted: integer(row, 'excepted'),
    unmapped: integer(row, 'unmapped'),
  }
}

function figuresOf({ info, low, medium, high, critical, waived, excepted, unmapped }: Counts): readonly number[] {
  return [info, low, medium, high, critical, waived, excepted, unmapped]
}

function none(): Counting {
  return { info: 0, low: 0, medium: 0, high: 0, critical: 0, waived: 0, excepted: 0, unmapped: 0 }
}
