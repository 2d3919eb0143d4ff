import type { DatabaseSync } from 'node:sqlite'
import { sightingKey } from '../../../core/judge/merge.ts'
import type { Sighting, SightingKey } from '../../../core/model/behaviour.ts'
import { integer, text, type Row } from '../state/columns.ts'
import { minuteNumber, minuteText, nanosInto, timeOf, UNPLACED } from './moments.ts'

/** How a sighting was read: all of its key but when and whom to kill. */
export type Reading = Omit<SightingKey, 'minute' | 'toKill'>

/** Readings and sightings, one function per query. */
export function sightingRows(db: DatabaseSync) {
  const selectReading = db.prepare('SELECT id FROM reading WHERE window = ? AND key = ?')
  const insertReading = db.prepare('INSERT INTO reading (window, key) VALUES (?, ?)')
  const selectReadings = db.prepare('SELECT id, key FROM reading WHERE window = ?')
  const countReadings = db.prepare('SELECT count(*) AS count FROM reading WHERE window = ?')
  const deleteUnread = db.prepare(`
    DELETE FROM reading WHERE window = :window AND id NOT IN (
      SELECT s.reading FROM behaviour b JOIN sighting s ON s.behaviour = b.id WHERE b.window = :window
    )
  `)
  const upsert = db.prepare(`
    INSERT INTO sighting (behaviour, minute, reading, to_kill, count, first, last) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (behaviour, minute, reading, to_kill) DO UPDATE SET
      count = count + excluded.count, first = min(first, excluded.first), last = max(last, excluded.last)
  `)
  const select = db.prepare('SELECT minute, reading, to_kill, count, first, last FROM sighting WHERE behaviour = ?')
  const counts = db.prepare("SELECT count(*) AS sightings, sum(to_kill <> '') AS kills FROM sighting WHERE behaviour = ?")
  const remove = db.prepare('DELETE FROM sighting WHERE behaviour = ?')
  select.setReturnArrays(true)

  return {
    reading: (window: number, key: string): number => {
      const row = selectReading.get(window, key)
      return row ? integer(row, 'id') : Number(insertReading.run(window, key).lastInsertRowid)
    },
    readings: (window: number): ReadonlyMap<number, Reading> => {
      return new Map(selectReadings.all(window).map((row) => [integer(row, 'id'), readingOf(text(row, 'key'))]))
    },
    readingCount: (window: number): number => integer(countReadings.get(window) ?? {}, 'count'),
    /** Readings that no sighting of the window names any more. */
    deleteUnread: (window: number): void => {
      deleteUnread.run({ window })
    },
    add: (behaviour: number, reading: number, { minute, toKill, count, first, last }: Sighting): void => {
      if (minute === null || first === null || last === null) upsert.run(behaviour, UNPLACED, reading, toKill ?? '', count, 0, 0)
      else upsert.run(behaviour, minuteCached(minute), reading, toKill ?? '', count, nanosInto(first), nanosInto(last))
    },
    sightings: (behaviour: number, readings: ReadonlyMap<number, Reading>): Map<string, Sighting> => {
      const found = new Map<string, Sighting>()
      for (const row of select.all(behaviour) as unknown as readonly Stored[]) {
        const sighting = sightingOf(row, readings)
        found.set(sightingKey(sighting), sighting)
      }
      return found
    },
    sizes: (behaviour: number): { readonly sightings: number; readonly kills: number } => {
      const row: Row = counts.get(behaviour) ?? {}
      const sightings = integer(row, 'sightings')
      return { sightings, kills: sightings === 0 ? 0 : integer(row, 'kills') }
    },
    clear: (behaviour: number): void => {
      remove.run(behaviour)
    },
  }
}
export type SightingRows = ReturnType<typeof sightingRows>

/** The key of a reading as text. */
export function readingKey(reading: Reading): string {
  const { class: kind, sensor, rule, severity, confidence, effect, access, actionTaken } = reading
  return JSON.stringify([kind, sensor, rule, severity, confidence, effect, access, actionTaken])
}

/** As the STRICT table holds them: minute, reading, to_kill, count, first, last. */
type Stored = readonly [number, number, string, number, number, number]
type ReadingParts = readonly [
  Reading['class'],
  string,
  string | null,
  Reading['severity'],
  number,
  Reading['effect'],
  Reading['access'],
  string | null,
]

function readingOf(key: string): Reading {
  const [kind, sensor, rule, severity, confidence, effect, access, actionTaken] = JSON.parse(key) as ReadingParts
  return { class: kind, sensor, rule, severity, confidence, effect, access, actionTaken }
}

function sightingOf([minute, reading, kill, count, first, last]: Stored, readings: ReadonlyMap<number, Reading>): Sighting {
  const known = readings.get(reading)
  if (!known) throw new TypeError(`a sighting names the reading ${reading}, which its window does not have`)
  const toKill = kill === '' ? null : kill
  if (minute === UNPLACED) return { ...known, toKill, minute: null, count, first: null, last: null }
  const at = minuteText(minute)
  return { ...known, toKill, minute: at, count, first: timeOf(at, first), last: timeOf(at, last) }
}

let lastMinute = { text: '', number: 0 }

/** Sightings come a minute at a time. */
function minuteCached(minute: string): number {
  if (lastMinute.text !== minute) lastMinute = { text: minute, number: minuteNumber(minute) }
  return lastMinute.number
}
