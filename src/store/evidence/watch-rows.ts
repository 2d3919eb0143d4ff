import { hash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { watchKey } from '../../../core/judge/merge.ts'
import { joinRules } from '../../../core/judge/rule-counts.ts'
import type { RuleTallies, Watch } from '../../../core/model/watch.ts'
import { integer, text, type Row } from '../state/columns.ts'
import { DAY_MOMENTS, minuteNumber, minuteText, momentOf, nanosInto, timeOf, type Span } from './moments.ts'

export type Beat = Extract<Watch, { kind: 'beat' }>
export type StoredWatch = { readonly signal: Watch; readonly remove: () => void }

/** Beats and other signals of a scope, one function per query. */
export function watchRows(db: DatabaseSync) {
  db.function('joined_rules', { deterministic: true }, (a, b) => {
    return rulesText(joinRules(rulesIn(String(a)), rulesIn(String(b))))
  })
  const upsertBeat = db.prepare(`
    INSERT INTO beat (scope, moment, signal, sensor, node, first, last, count, detections, rules) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (scope, moment, signal, sensor, node) DO UPDATE SET
      first = min(first, excluded.first), last = max(last, excluded.last),
      count = count + excluded.count, detections = detections + excluded.detections,
      rules = CASE WHEN rules IS NULL OR excluded.rules IS NULL THEN coalesce(rules, excluded.rules)
                   ELSE joined_rules(rules, excluded.rules) END
  `)
  const selectBeats = db.prepare('SELECT * FROM beat WHERE scope = ? AND moment BETWEEN ? AND ?')
  const countBeats = db.prepare('SELECT count(*) AS count FROM beat WHERE scope = ? AND moment = ?')
  const deleteBeat = db.prepare('DELETE FROM beat WHERE scope = ? AND moment = ? AND signal = ? AND sensor = ? AND node = ?')
  const insertSignal = db.prepare(
    'INSERT OR IGNORE INTO watch_signal (scope, reach, opens, closes, digest, signal) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const countSignals = db.prepare(
    'SELECT count(*) AS count FROM watch_signal WHERE scope = ? AND reach = ? AND opens = ? AND closes = ?',
  )
  const selectAlike = db.prepare('SELECT id, signal FROM watch_signal WHERE scope = ? AND reach = ? AND opens = ? AND closes = ?')
  const selectConcerning = db.prepare(`
    SELECT signal FROM watch_signal WHERE scope = :scope AND reach = 0 AND opens BETWEEN :from - ${DAY_MOMENTS} AND :to AND closes >= :from
    UNION ALL
    SELECT signal FROM watch_signal WHERE scope = :scope AND reach = 1 AND opens <= :to AND closes >= :from
    UNION ALL
    SELECT signal FROM watch_signal WHERE scope = :scope AND reach = 2 AND opens <= :to
  `)
  const deleteSignal = db.prepare('DELETE FROM watch_signal WHERE id = ?')

  return {
    addBeat: (scope: number, moment: number, { signal, sensor, node, first, last, count, detections, rules }: Beat): void => {
      const [opens, closes] = [nanosInto(first), nanosInto(last)]
      upsertBeat.run(scope, moment, signal, sensor, nodeText(node), opens, closes, count, detections, rulesText(rules))
    },
    /** False: it was there before. */
    addSignal: (scope: number, { reach, opens, closes }: Span, signal: Watch): boolean => {
      const digest = hash('sha256', watchKey(signal), 'buffer')
      return insertSignal.run(scope, reach, opens, closes, digest, JSON.stringify(signal)).changes > 0
    },
    beatCount: (scope: number, moment: number): number => integer(countBeats.get(scope, moment) ?? {}, 'count'),
    signalCount: (scope: number, { reach, opens, closes }: Span): number => {
      return integer(countSignals.get(scope, reach, opens, closes) ?? {}, 'count')
    },
    beatsAt: (scope: number, moment: number): readonly StoredWatch[] => {
      return selectBeats.all(scope, moment, moment).map((row) => ({
        signal: beatOf(row),
        remove: () => {
          deleteBeat.run(scope, moment, text(row, 'signal'), text(row, 'sensor'), text(row, 'node'))
        },
      }))
    },
    signalsAlike: (scope: number, { reach, opens, closes }: Span): readonly StoredWatch[] => {
      return selectAlike.all(scope, reach, opens, closes).map((row) => ({
        signal: signalOf(row),
        remove: () => {
          deleteSignal.run(integer(row, 'id'))
        },
      }))
    },
    /** What a fold of a window with these edges would keep, beats of one minute possibly in two parts. */
    *concerning(scope: number, { from, to }: { readonly from: number; readonly to: number }): Generator<Watch> {
      for (const row of selectBeats.iterate(scope, from, to)) yield beatOf(row)
      for (const row of selectConcerning.iterate({ scope, from, to })) yield signalOf(row)
    },
  }
}
export type WatchRows = ReturnType<typeof watchRows>

/** The moment under which a beat is kept: its minute's first millisecond counts as a part of its own. */
export function beatMoment({ minute, first }: Beat): number {
  return 2 * minuteNumber(minute) + (momentOf(first) % 2)
}

function nodeText(node: string | null): string {
  return node === null ? '' : `=${node}`
}

function beatOf(row: Row): Beat {
  const minute = minuteText(Math.floor(integer(row, 'moment') / 2))
  const node = text(row, 'node')
  const beat = {
    kind: 'beat' as const,
    sensor: text(row, 'sensor'),
    node: node === '' ? null : node.slice(1),
    signal: text(row, 'signal') as Beat['signal'],
    minute,
    first: timeOf(minute, integer(row, 'first')),
    last: timeOf(minute, integer(row, 'last')),
    count: integer(row, 'count'),
    detections: integer(row, 'detections'),
  }
  return row['rules'] === null ? beat : { ...beat, rules: rulesIn(text(row, 'rules')) }
}

function rulesText(rules: RuleTallies | undefined): string | null {
  return rules === undefined ? null : JSON.stringify(rules)
}

function rulesIn(json: string): RuleTallies {
  return JSON.parse(json) as RuleTallies
}

function signalOf(row: Row): Watch {
  return JSON.parse(text(row, 'signal')) as Watch
}
