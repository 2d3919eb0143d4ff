import type { DatabaseSync } from 'node:sqlite'
import { severityRank } from '../../../core/model/severity.ts'
import { integer, text } from '../state/columns.ts'
import { facets, SHARED_NAMES } from './facets.ts'
import { findingStates, type FindingRow } from './finding-types.ts'
import { indexedText } from './words.ts'

/** Reports in the index and their findings, one function per query. */
export function findingTableRows(db: DatabaseSync) {
  const selectLive = db.prepare('SELECT id, digest FROM indexed_report WHERE window = ? AND live = 1')
  const selectOf = db.prepare('SELECT id FROM indexed_report WHERE window = ?')
  const selectDead = db.prepare('SELECT id FROM indexed_report WHERE live = 0')
  const insertReport = db.prepare('INSERT INTO indexed_report (window, digest, live) VALUES (?, ?, 0)')
  const updateLive = db.prepare('UPDATE indexed_report SET live = ? WHERE id = ?')
  const deleteReport = db.prepare('DELETE FROM indexed_report WHERE id = ?')
  const selectName = db.prepare('SELECT id FROM finding_name WHERE name = ?')
  const insertName = db.prepare('INSERT INTO finding_name (name) VALUES (?)')
  const insert = db.prepare(`
    INSERT INTO finding (id, report, scope, state, severity, control, workload, action, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO NOTHING
  `)
  const insertText = db.prepare(`
    INSERT INTO finding_text (rowid, rule, workload, executable, target, command, pod, facets) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  `)
  const selectSome = db.prepare('SELECT id FROM finding WHERE report = ? ORDER BY id LIMIT ?')
  const deleteText = db.prepare('DELETE FROM finding_text WHERE rowid = ?')
  const deleteRow = db.prepare('DELETE FROM finding WHERE id = ?')
  const names = new Map<string, number>()

  function nameId(name: string | null): number {
    if (name === null) return 0
    const known = names.get(name)
    if (known !== undefined) return known
    const row = selectName.get(name)
    const id = row ? integer(row, 'id') : Number(insertName.run(name).lastInsertRowid)
    if (names.size >= SHARED_NAMES) names.clear()
    names.set(name, id)
    return id
  }

  return {
    /** To be called when a transaction was rolled back. */
    forgetNames: (): void => names.clear(),
    liveReport: (window: string): { readonly id: number; readonly digest: string } | null => {
      const row = selectLive.get(window)
      return row ? { id: integer(row, 'id'), digest: text(row, 'digest') } : null
    },
    reportsOf: (window: string): readonly number[] => selectOf.all(window).map((row) => integer(row, 'id')),
    deadReports: (): readonly number[] => selectDead.all().map((row) => integer(row, 'id')),
    insertReport: (window: string, digest: string): number => Number(insertReport.run(window, digest).lastInsertRowid),
    setLive: (report: number, live: boolean): void => {
      updateLive.run(live ? 1 : 0, report)
    },
    /** Gives the control's number. */
    insert: (wanted: number, report: number, scope: number, row: FindingRow): number => {
      const [state, severity] = [findingStates.indexOf(row.state), severityRank(row.severity)]
      const [control, workload] = [nameId(row.control), nameId(row.workload)]
      const detail = JSON.stringify(row)
      let id = wanted
      while (insert.run(id, report, scope, state, severity, control, workload, row.action, detail).changes === 0) id++
      insertText.run(
        id,
        indexedText(row.rules),
        indexedText([row.workload, ...row.workloads]),
        indexedText([row.executable]),
        indexedText([row.target]),
        indexedText(row.commandLines),
        indexedText(row.pods),
        facets({ scope, state, severity, control, workload }),
      )
      return control
    },
    /** Deletes up to so many findings of a report; false when none are left: then the report is gone too. */
    deleteSome: (report: number, most: number): boolean => {
      const ids = selectSome.all(report, most).map((row) => integer(row, 'id'))
      for (const id of ids) {
        deleteText.run(id)
        deleteRow.run(id)
      }
      if (ids.length === most) return true
      deleteReport.run(report)
      return false
    },
  }
}
