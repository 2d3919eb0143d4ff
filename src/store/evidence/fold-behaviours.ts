import { joinKills, killRows, mergeSamples, smallest } from '../../../core/judge/merge.ts'
import { intakeLimits, type IntakeLimits } from '../../../core/judge/limits.ts'
import type { Behaviour, Fingerprint, Sample, Sighting } from '../../../core/model/behaviour.ts'
import { tallyNames } from '../../../core/model/intake.ts'
import type { BehaviourRows } from './behaviour-rows.ts'
import { readingKey, type SightingRows } from './sighting-rows.ts'
import type { WindowRow, WindowRows } from './window-rows.ts'

type Rows = { readonly windows: WindowRows; readonly behaviours: BehaviourRows; readonly sightings: SightingRows }

/** A behaviour whose row is at hand. `rows` and `kills` may be higher than what is stored, never lower. */
type Known = { readonly id: number; lastSample: string | null; rows: number; kills: number }

type LatestReading = { readonly window: number; readonly sighting: Sighting; readonly id: number }

/** Adds behaviours to windows as `merge` does, and keeps what is stored of a window bounded as a fold does. */
export type BehaviourFolder = {
  readonly add: (window: WindowRow, behaviours: ReadonlyMap<Fingerprint, Behaviour>) => void
  /** To be called when a transaction was rolled back, or rows were deleted: what is remembered may not be so. */
  readonly forgetAll: () => void
}

/** Behaviours and readings that are remembered, so that those which come again need no look-up: some 30 MB. */
const REMEMBERED = 100_000

export function behaviourFolder({ windows, behaviours, sightings }: Rows, limits: IntakeLimits): BehaviourFolder {
  /** By window. */
  const known = new Map<number, Map<Fingerprint, Known>>()
  let remembered = 0
  let latest: LatestReading | null = null
  const readings = new Map<string, number>()
  /** Readings that a window had when those that nothing names were last deleted. */
  const swept = new Map<number, number>()
  const mark = (window: WindowRow, name: string): void => windows.count(window.id, name, 1)

  function add(window: WindowRow, received: ReadonlyMap<Fingerprint, Behaviour>): void {
    let [stored, ceiling, thinned] = [window.behaviours, window.ceiling, false]
    for (const behaviour of received.values()) {
      // As many that are smaller are already there: it could not be among those that stay.
      if (ceiling !== null && behaviour.fingerprint > ceiling) continue
      const row = rowOf(window.id, behaviour, () => stored++)
      for (const sighting of behaviour.sightings.values()) sightings.add(row.id, readingOf(window.id, sighting), sighting)
      row.rows += behaviour.sightings.size
      row.kills += killRows(behaviour.sightings)
      thinned = thin(window, row) || thinned
    }
    if (stored > 2 * limits.behaviours) {
      ceiling = behaviours.keepSmallest(window.id, limits.behaviours)
      stored = limits.behaviours
      mark(window, `${tallyNames.overflow}/behaviours`)
      forgetBehaviours()
      thinned = true
    }
    if (stored !== window.behaviours || ceiling !== window.ceiling) windows.resize(window.id, stored, ceiling)
    if (thinned) sweepReadings(window.id)
  }

  function rowOf(window: number, behaviour: Behaviour, isNew: () => void): Known {
    const { fingerprint, samples } = behaviour
    const row = known.get(window)?.get(fingerprint)
    if (row) return withSamples(row, samples)
    if (remembered >= REMEMBERED) forgetBehaviours()
    const found = storedRow(window, behaviour) ?? newRow(window, behaviour, isNew)
    const ofWindow = known.get(window) ?? new Map<Fingerprint, Known>()
    known.set(window, ofWindow.set(fingerprint, found))
    remembered++
    return found
  }

  function forgetBehaviours(): void {
    known.clear()
    remembered = 0
  }

  function storedRow(window: number, { fingerprint, samples }: Behaviour): Known | null {
    const row = behaviours.find(window, fingerprint)
    if (row === null) return null
    const sizes = sightings.sizes(row.id)
    return withSamples({ ...row, rows: sizes.sightings, kills: sizes.kills }, samples)
  }

  function newRow(window: number, behaviour: Behaviour, isNew: () => void): Known {
    isNew()
    const lastSample = lastKey(behaviour.samples)
    return { id: behaviours.insert(window, behaviour, lastSample), lastSample, rows: 0, kills: 0 }
  }

  /** Events come roughly in order of time, so that the samples which are there almost always stay. */
  function withSamples(row: Known, samples: readonly Sample[]): Known {
    const { lastSample } = row
    if (lastSample !== null && samples.every((sample) => sampleKey(sample) >= lastSample)) return row
    const stored = behaviours.samples(row.id)
    const merged = mergeSamples(stored, samples)
    if (merged.length === stored.length && merged.every((sample, index) => sampleKey(sample) === keyAt(stored, index))) return row
    row.lastSample = lastKey(merged)
    behaviours.setSamples(row.id, merged, row.lastSample)
    return row
  }

  function readingOf(window: number, sighting: Sighting): number {
    // Sightings of one behaviour, and of its neighbours, are mostly read alike.
    if (latest !== null && latest.window === window && readAlike(latest.sighting, sighting)) return latest.id
    const id = readingNamed(window, readingKey(sighting))
    latest = { window, sighting, id }
    return id
  }

  function readingNamed(window: number, key: string): number {
    const name = `${window}/${key}`
    const found = readings.get(name)
    if (found !== undefined) return found
    if (readings.size >= REMEMBERED) readings.clear()
    const id = sightings.reading(window, key)
    readings.set(name, id)
    return id
  }

  function forgetReadings(): void {
    readings.clear()
    latest = null
  }

  /** As `thin` in core/judge/fold.ts; true when sightings were pushed out. */
  function thin(window: WindowRow, row: Known): boolean {
    const most = { kills: 2 * limits.killsEach, rows: 2 * (limits.sightingsEach + limits.killsEach) }
    if (row.kills <= most.kills && row.rows <= most.rows) return false
    const exact = sightings.sizes(row.id)
    row.rows = exact.sightings
    row.kills = exact.kills
    if (row.kills <= most.kills && row.rows <= most.rows) return false
    const joined = joinKills(sightings.sightings(row.id, sightings.readings(window.id)), limits.killsEach)
    if (row.kills > limits.killsEach) mark(window, tallyNames.unproven)
    if (joined.size > limits.sightingsEach) mark(window, `${tallyNames.overflow}/behaviours`)
    const kept = joined.size > limits.sightingsEach ? smallest(joined, limits.sightingsEach) : joined
    sightings.clear(row.id)
    for (const sighting of kept.values()) sightings.add(row.id, readingOf(window.id, sighting), sighting)
    row.rows = kept.size
    row.kills = killRows(kept)
    return true
  }

  /** A flood of rule names must not outlive the sightings that were pushed out: swept each time they have doubled. */
  function sweepReadings(window: number): void {
    const count = sightings.readingCount(window)
    if (count <= 2 * Math.max(swept.get(window) ?? 0, limits.sightingsEach)) return
    sightings.deleteUnread(window)
    forgetReadings()
    if (swept.size >= REMEMBERED) swept.clear()
    swept.set(window, sightings.readingCount(window))
  }

  return {
    add,
    forgetAll() {
      forgetBehaviours()
      forgetReadings()
      swept.clear()
    },
  }
}

function readAlike(a: Sighting, b: Sighting): boolean {
  return (
    a.rule === b.rule &&
    a.sensor === b.sensor &&
    a.class === b.class &&
    a.severity === b.severity &&
    a.confidence === b.confidence &&
    a.effect === b.effect &&
    a.access === b.access &&
    a.actionTaken === b.actionTaken
  )
}

/** The order of `mergeSamples`. */
function sampleKey({ at, digest }: Sample): string {
  return JSON.stringify([at ?? '', digest])
}

function keyAt(samples: readonly Sample[], index: number): string | null {
  const sample = samples[index]
  return sample ? sampleKey(sample) : null
}

function lastKey(samples: readonly Sample[]): string | null {
  return keyAt(samples, intakeLimits.samples - 1)
}
