import type { Reading } from '../../sensors/connector.ts'

/** What became of the events of one record. */
export type Outcome = {
  readonly events: number
  readonly detections: number
  readonly observations: number
  readonly health: number
  readonly ignored: number
  readonly malformed: number
  /** The first that could not be read or were ignored, by their place in the batch, from 0. */
  readonly problems: readonly { readonly index: number; readonly outcome: 'ignored' | 'malformed'; readonly reason: string }[]
}

/** More problems than this are counted, but not listed. */
export const MAX_PROBLEMS = 1_000

/** Nothing was in it. */
export const emptyOutcome: Outcome = {
  events: 0,
  detections: 0,
  observations: 0,
  health: 0,
  ignored: 0,
  malformed: 0,
  problems: [],
}

type Counts = { -readonly [field in keyof Omit<Outcome, 'problems'>]: number }

/** Counts the readings of one record as they come. */
export function createOutcome(): { readonly add: (reading: Reading) => void; readonly result: () => Outcome } {
  const counts: Counts = { events: 0, detections: 0, observations: 0, health: 0, ignored: 0, malformed: 0 }
  const problems: Outcome['problems'][number][] = []
  return {
    add(reading) {
      const index = counts.events++
      counts[columnOf(reading)]++
      if ((reading.class === 'ignored' || reading.class === 'malformed') && problems.length < MAX_PROBLEMS) {
        problems.push({ index, outcome: reading.class, reason: reading.reason })
      }
    },
    result: () => ({ ...counts, problems }),
  }
}

function columnOf(reading: Reading): keyof Counts {
  if (reading.class === 'detection') return 'detections'
  return reading.class === 'observation' ? 'observations' : reading.class
}
