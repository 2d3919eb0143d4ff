import type { Behaviour, Sample, Sighting, SightingKey } from '../model/behaviour.ts'
import { tallyNames, type Intake, type Tally } from '../model/intake.ts'
import type { Watch } from '../model/watch.ts'
import { intakeLimits, type IntakeLimits } from './limits.ts'
import { joinRules } from './rule-counts.ts'

/**
 * Two intakes of one window as one. Associative and commutative, so that threads, late data and replay agree; an intake that was
 * already merged in is not recognised as such: batches are made idempotent where they are taken.
 */
export function merge(a: Intake, b: Intake, limits: IntakeLimits = intakeLimits): Intake {
  const joined: Intake = {
    behaviours: mergeMaps(a.behaviours, b.behaviours, mergeBehaviours),
    watch: mergeMaps(a.watch, b.watch, (x, y) => (x.kind === 'beat' && y.kind === 'beat' ? joinBeats(x, y) : x)),
    tally: mergeMaps(a.tally, b.tally, (x, y, name) => (isMark(name) ? 1 : x + y)),
  }
  return keepSmallest(joined, limits)
}

/**
 * Intakes of one window that have no behaviour in common, each within the limits already, as one: what {@link merge} gives, without a look
 * at any behaviour.
 */
export function mergeParts(parts: readonly Intake[], limits: IntakeLimits = intakeLimits): Intake {
  let rest: Intake = { behaviours: new Map(), watch: new Map(), tally: new Map() }
  for (const { watch, tally } of parts) rest = merge(rest, { behaviours: new Map(), watch, tally }, limits)
  const behaviours = new Map(parts.flatMap(({ behaviours }) => [...behaviours]))
  if (behaviours.size <= limits.behaviours) return { ...rest, behaviours }
  const tally = settled(new Map(rest.tally).set(`${tallyNames.overflow}/behaviours`, 1))
  return { ...rest, behaviours: smallest(behaviours, limits.behaviours), tally }
}

/** What tells one sighting of a behaviour from another, as text in canonical order. */
export function sightingKey({
  minute,
  class: kind,
  sensor,
  rule,
  severity,
  confidence,
  effect,
  access,
  actionTaken,
  toKill,
}: SightingKey): string {
  return JSON.stringify([minute, kind, sensor, rule, severity, confidence, effect, access, actionTaken, toKill])
}

/** Equal signals fold into one; beats are equal by instance, kind of signal and minute. */
export function watchKey(watch: Watch): string {
  const { kind, sensor, node } = watch
  if (kind === 'beat') return JSON.stringify([kind, sensor, node, watch.minute, watch.signal])
  if (kind === 'counters') {
    const { at, startedAt, reloadedAt, version, received, dropped, undelivered, matched, policies, rules } = watch
    const inOrder = (named: Readonly<Record<string, unknown>>) => Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1))
    const figures = [received, dropped, undelivered, matched]
    const byRule = rules === undefined ? [] : [inOrder(rules)]
    return JSON.stringify([kind, sensor, node, at, startedAt, reloadedAt, version, ...figures, inOrder(policies), ...byRule])
  }
  if (kind === 'loss') return JSON.stringify([kind, sensor, node, watch.to, watch.from, watch.dropped, watch.received])
  if (kind === 'throttle') return JSON.stringify([kind, sensor, node, watch.at, watch.state, watch.scope])
  if (kind === 'end') return JSON.stringify([kind, sensor, node, watch.at, watch.process, watch.signal])
  return JSON.stringify([kind, sensor, node, watch.at, watch.what, watch.lasting])
}

type BeatSignal = Extract<Watch, { kind: 'beat' }>

/** Two beats of one instance in one minute. */
export function joinBeats(a: BeatSignal, b: BeatSignal): BeatSignal {
  const joined = {
    ...a,
    first: a.first < b.first ? a.first : b.first,
    last: a.last > b.last ? a.last : b.last,
    count: a.count + b.count,
    detections: a.detections + b.detections,
  }
  const rules = joinRules(a.rules, b.rules)
  return rules === undefined ? joined : { ...joined, rules }
}

/** The smallest few by (time, digest); an undated sample sorts first. The same line twice is one sample. */
export function mergeSamples(a: readonly Sample[], b: readonly Sample[]): readonly Sample[] {
  const merged: Sample[] = []
  for (const samples of [a, b]) for (const sample of samples) insert(merged, sample)
  return merged
}

function insert(merged: Sample[], sample: Sample): void {
  let place = 0
  for (; place < merged.length; place++) {
    const order = compareSamples(sample, merged[place] as Sample)
    // Of one line that came twice the later one stays, as in a map.
    if (order === 0) return void (merged[place] = sample)
    if (order < 0) break
  }
  if (place === intakeLimits.samples) return
  merged.splice(place, 0, sample)
  if (merged.length > intakeLimits.samples) merged.pop()
}

function compareSamples(a: Sample, b: Sample): number {
  const [x, y] = [a.at ?? '', b.at ?? '']
  if (x !== y) return x < y ? -1 : 1
  return a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0
}

/**
 * Keeps the smallest fingerprints, sightings and signals when there are more than the limits and notes that there was an overflow;
 * by how much depends on how the input was split, so only the fact is kept. Which ones stay does not depend on order: whatever belongs to the smallest was never pushed out, so its counts are complete.
 */
export function keepSmallest(received: Intake, limits: IntakeLimits): Intake {
  const told = settled(received.tally)
  const intake = told === received.tally ? received : { ...received, tally: told }
  const within = intake.behaviours.size <= limits.behaviours && intake.watch.size <= limits.watch
  const killers = [...intake.behaviours.values()].filter(({ sightings }) => killRows(sightings) > limits.killsEach)
  const behaviours = new Map(intake.behaviours)
  for (const behaviour of killers)
    behaviours.set(behaviour.fingerprint, withSightings(behaviour, joinKills(behaviour.sightings, limits.killsEach)))
  const crowded = [...behaviours.values()].filter(({ sightings }) => sightings.size > limits.sightingsEach)
  if (within && killers.length === 0 && crowded.length === 0) return intake

  for (const behaviour of crowded)
    behaviours.set(behaviour.fingerprint, withSightings(behaviour, smallest(behaviour.sightings, limits.sightingsEach)))
  const keptBehaviours = sortedByKey(behaviours).slice(0, limits.behaviours)
  const keptWatch = sortedByKey(intake.watch).slice(0, limits.watch)
  const tally = new Map(intake.tally)
  // One mark for both: whether a behaviour was crowded before it was itself pushed out depends on how the input was split.
  if (killers.length > 0) tally.set(tallyNames.unproven, 1)
  if (crowded.length > 0 || keptBehaviours.length < behaviours.size) tally.set(`${tallyNames.overflow}/behaviours`, 1)
  if (keptWatch.length < intake.watch.size) tally.set(`${tallyNames.overflow}/watch`, 1)
  return { behaviours: new Map(keptBehaviours), watch: new Map(keptWatch), tally: settled(tally) }
}

function withSightings({ fingerprint, identity, samples, written }: Behaviour, sightings: Behaviour['sightings']): Behaviour {
  const behaviour = { fingerprint, identity, sightings, samples }
  return written === undefined ? behaviour : { ...behaviour, written }
}

/** Whether kills were asked for too often before the behaviour was itself pushed out depends on the split: the overflow says enough. */
function settled(tally: Tally): Tally {
  if (!tally.has(tallyNames.unproven) || !tally.has(`${tallyNames.overflow}/behaviours`)) return tally
  return new Map([...tally].filter(([name]) => name !== tallyNames.unproven))
}

/** Whether a count of the tally only says that something happened, because how often depends on how the input was split. */
export function isMark(name: string): boolean {
  return name === tallyNames.unproven || name.startsWith(`${tallyNames.overflow}/`)
}

/** The entries with the smallest keys. */
export function smallest<V>(map: ReadonlyMap<string, V>, count: number): Map<string, V> {
  return new Map(sortedByKey(map).slice(0, count))
}

/** How many of the sightings name a process that was to be killed. */
export function killRows(sightings: ReadonlyMap<string, Sighting>): number {
  let rows = 0
  for (const { toKill } of sightings.values()) if (toKill !== null) rows++
  return rows
}

/**
 * The sightings with at most so many that name a process to be killed, the smallest by key; the others lose its name and fold. Nothing
 * is lost but the proof of those kills, and which ones does not depend on order.
 */
export function joinKills(sightings: ReadonlyMap<string, Sighting>, count: number): Map<string, Sighting> {
  const joined = new Map([...sightings].filter(([, { toKill }]) => toKill === null))
  const naming = sortedByKey(new Map([...sightings].filter(([, { toKill }]) => toKill !== null)))
  for (const [key, sighting] of naming.slice(0, count)) joined.set(key, sighting)
  for (const [, sighting] of naming.slice(count)) {
    const nameless = { ...sighting, toKill: null }
    const key = sightingKey(nameless)
    const known = joined.get(key)
    joined.set(key, known ? joinSightings(known, nameless) : nameless)
  }
  return joined
}

/** Entries of a map in the order of their keys, by UTF-16 code units like canonical JSON. */
export function sortedByKey<V>(map: ReadonlyMap<string, V>): [string, V][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

function mergeMaps<V>(
  a: ReadonlyMap<string, V>,
  b: ReadonlyMap<string, V>,
  join: (x: V, y: V, key: string) => V,
): Map<string, V> {
  const merged = new Map(a)
  for (const [key, value] of b) {
    const known = merged.get(key)
    merged.set(key, known === undefined ? value : join(known, value, key))
  }
  return merged
}

function mergeBehaviours(a: Behaviour, b: Behaviour): Behaviour {
  const sightings = mergeMaps(a.sightings, b.sightings, joinSightings)
  return {
    fingerprint: a.fingerprint,
    identity: a.identity,
    sightings,
    samples: mergeSamples(a.samples, b.samples),
  }
}

function joinSightings(a: Sighting, b: Sighting): Sighting {
  const first = a.first !== null && b.first !== null && b.first < a.first ? b.first : a.first
  const last = a.last !== null && b.last !== null && b.last > a.last ? b.last : a.last
  return { ...a, count: a.count + b.count, first, last }
}
