import type { IntakeLimits } from '../../../core/judge/limits.ts'
import { joinBeats, keepSmallest, smallest, watchKey } from '../../../core/judge/merge.ts'
import type { Behaviour, Fingerprint } from '../../../core/model/behaviour.ts'
import { sealable } from '../../../core/judge/rule-counts.ts'
import { tallyNames, type Intake } from '../../../core/model/intake.ts'
import type { Watch } from '../../../core/model/watch.ts'
import type { Window } from '../../../core/model/window.ts'
import type { BehaviourRows } from './behaviour-rows.ts'
import { momentsAround } from './moments.ts'
import type { SightingRows } from './sighting-rows.ts'
import type { LoadedIntake } from './types.ts'
import type { WatchRows } from './watch-rows.ts'
import type { WindowRows } from './window-rows.ts'

export type IntakeRows = {
  readonly windows: WindowRows
  readonly behaviours: BehaviourRows
  readonly sightings: SightingRows
  readonly watch: WatchRows
}

/** Exactly what evidence holds of one fold of all the window's events, its limits included. */
export function loadIntake(rows: IntakeRows, window: Window, limits: IntakeLimits): LoadedIntake {
  const row = rows.windows.window(window.id)
  const scope = rows.windows.scope(window)
  const { watch, overflown } =
    scope === null ? { watch: new Map<string, Watch>(), overflown: false } : watchOf(rows, scope, window, limits)
  const tally = new Map(row ? rows.windows.tally(row.id) : [])
  if (overflown) tally.set(`${tallyNames.overflow}/watch`, 1)
  const behaviours = row ? behavioursOf(rows, row.id, limits) : new Map<Fingerprint, Behaviour>()
  const intake: Intake = sealable(keepSmallest({ behaviours, watch, tally }, limits))
  return { intake, revision: row?.revision ?? 0, lastReceivedMs: row?.lastReceivedMs ?? 0, forgotten: row?.forgotten ?? false }
}

/** One more than the limit, so that it is seen when there are more. */
function behavioursOf({ behaviours, sightings }: IntakeRows, window: number, limits: IntakeLimits): Map<Fingerprint, Behaviour> {
  const readings = sightings.readings(window)
  const found = new Map<Fingerprint, Behaviour>()
  for (const { id, fingerprint, identity, samples } of behaviours.all(window, limits.behaviours + 1)) {
    found.set(fingerprint, { fingerprint, identity, sightings: sightings.sightings(id, readings), samples })
  }
  return found
}

/** Memory stays bounded, as in a fold: past twice the limit only the smallest go on. */
function watchOf(rows: IntakeRows, scope: number, window: Window, limits: IntakeLimits) {
  let [watch, overflown] = [new Map<string, Watch>(), false]
  for (const signal of rows.watch.concerning(scope, momentsAround(window))) {
    const key = watchKey(signal)
    const known = watch.get(key)
    watch.set(key, known?.kind === 'beat' && signal.kind === 'beat' ? joinBeats(known, signal) : signal)
    if (watch.size <= 2 * limits.watch) continue
    watch = smallest(watch, limits.watch)
    overflown = true
  }
  return { watch, overflown }
}
