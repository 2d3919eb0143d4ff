import type { DatabaseSync } from 'node:sqlite'
import type { Behaviour, Fingerprint, Identity, Sample } from '../../../core/model/behaviour.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import { integer, text, textOrNull } from '../state/columns.ts'
import { bytes } from '../state/columns.ts'

export type BehaviourRow = { readonly id: number; readonly lastSample: string | null }
export type StoredBehaviour = Omit<Behaviour, 'sightings'> & { readonly id: number }

/** Behaviours of a window without their sightings, one function per query. */
export function behaviourRows(db: DatabaseSync) {
  const select = db.prepare('SELECT id, last_sample FROM behaviour WHERE window = ? AND print = ?')
  const insert = db.prepare('INSERT INTO behaviour (window, print, identity, samples, last_sample) VALUES (?, ?, ?, ?, ?)')
  const selectSamples = db.prepare('SELECT samples FROM behaviour WHERE id = ?')
  const updateSamples = db.prepare('UPDATE behaviour SET samples = ?, last_sample = ? WHERE id = ?')
  const selectAll = db.prepare('SELECT id, print, identity, samples FROM behaviour WHERE window = ? ORDER BY print LIMIT ?')
  const selectNth = db.prepare('SELECT print FROM behaviour WHERE window = ? ORDER BY print LIMIT 1 OFFSET ?')
  const deleteSightings = db.prepare(
    'DELETE FROM sighting WHERE behaviour IN (SELECT id FROM behaviour WHERE window = ? AND print > ?)',
  )
  const deleteAbove = db.prepare('DELETE FROM behaviour WHERE window = ? AND print > ?')

  return {
    find: (window: number, print: Fingerprint): BehaviourRow | null => {
      const row = select.get(window, printBytes(print))
      return row ? { id: integer(row, 'id'), lastSample: textOrNull(row, 'last_sample') } : null
    },
    insert: (window: number, { fingerprint, identity, samples }: Behaviour, lastSample: string | null): number => {
      const row = insert.run(window, printBytes(fingerprint), JSON.stringify(identity), JSON.stringify(samples), lastSample)
      return Number(row.lastInsertRowid)
    },
    samples: (id: number): readonly Sample[] => {
      return JSON.parse(text(selectSamples.get(id) ?? {}, 'samples')) as readonly Sample[]
    },
    setSamples: (id: number, samples: readonly Sample[], lastSample: string | null): void => {
      updateSamples.run(JSON.stringify(samples), lastSample, id)
    },
    /** The smallest by fingerprint, in order. */
    *all(window: number, most: number): Generator<StoredBehaviour> {
      for (const row of selectAll.iterate(window, most)) {
        yield {
          id: integer(row, 'id'),
          fingerprint: `${PREFIX}${Buffer.from(bytes(row, 'print')).toString('hex')}`,
          identity: JSON.parse(text(row, 'identity')) as Identity,
          samples: JSON.parse(text(row, 'samples')) as readonly Sample[],
        }
      }
    },
    /** Deletes all but the smallest `most` and gives the largest that stays. */
    keepSmallest: (window: number, most: number): Fingerprint => {
      const last = bytes(selectNth.get(window, most - 1) ?? {}, 'print')
      deleteSightings.run(window, last)
      deleteAbove.run(window, last)
      return `${PREFIX}${Buffer.from(last).toString('hex')}`
    },
  }
}
export type BehaviourRows = ReturnType<typeof behaviourRows>

const PREFIX = 'rpf1:'

function printBytes(print: Fingerprint): Uint8Array {
  const known = print.startsWith(PREFIX) ? Buffer.from(print.slice(PREFIX.length), 'hex') : Buffer.alloc(0)
  if (known.length !== 32)
    throw new RunproofError('format.malformed', `not a fingerprint of the form rpf1: ${print.slice(0, 80)}`)
  return known
}
