import type { Act, Subject } from '../model/act.ts'
import type { Behaviour, Fingerprint, Identity, Sample, Sighting, SightingKey } from '../model/behaviour.ts'
import { minuteOf, type EventTime } from '../model/time.ts'
import { intakeLimits } from './limits.ts'
import { mergeSamples, sightingKey } from './merge.ts'
import { PastRows, type Forms } from './past-rows.ts'

/** A sighting while it is counted. */
export type Counted = { -readonly [field in keyof Sighting]: Sighting[field] }

/** So many sightings of a behaviour come before those of minutes that are over are put into a shorter form. */
const FRESH = 8

/** A behaviour of which more may come. */
export type Growing = {
  readonly fingerprint: Fingerprint
  readonly identity: Identity
  sightings: Map<string, Counted>
  /** Further sightings, in minutes that are over. */
  past: PastRows
  /** With so many at hand it is time to look for such. */
  crowd: number
  /** The sighting that was counted last: the next act is most often the same again. Grows in place. */
  latest: Counted | null
  /** An intake holds the sightings: before they grow on they are copied. */
  isHandedOut: boolean
  /** How many of its sightings name a process to be killed. */
  kills: number
  samples: readonly Sample[]
}

/** A behaviour of which nothing came yet. `forms`: what all behaviours of a fold share. */
export function newGrowing(fingerprint: Fingerprint, identity: Identity, forms: Forms): Growing {
  const past = new PastRows(forms)
  return {
    fingerprint,
    identity,
    sightings: new Map(),
    past,
    crowd: FRESH,
    latest: null,
    isHandedOut: false,
    kills: 0,
    samples: [],
  }
}

/** Whether the act is one more of a sighting. */
export function isAgain(
  latest: Counted,
  { class: kind, sensor, rule, severity, confidence, effect, access, actionTaken, toKill, at }: Act,
): boolean {
  return (
    at !== null &&
    latest.minute !== null &&
    at.startsWith(latest.minute) &&
    latest.class === kind &&
    latest.sensor === sensor &&
    latest.rule === rule &&
    latest.severity === severity &&
    latest.confidence === confidence &&
    latest.effect === effect &&
    latest.access === access &&
    latest.actionTaken === actionTaken &&
    latest.toKill === killedBy(effect, at, toKill)
  )
}

/** What is proven already needs no join, and what is undated has none. */
function killedBy(effect: Act['effect'], at: EventTime | null, toKill: string | null | undefined): string | null {
  return effect === 'unknown' && at !== null ? (toKill ?? null) : null
}

/** Samples are the earliest: most acts come too late to be one. */
export function wantsSample(behaviour: Growing, { at }: Act): boolean {
  const last = lastSample(behaviour)
  return last === undefined || (at ?? '') <= (last.at ?? '')
}

/** Takes the act as a sample if it is one; `digest` is asked for then. */
export function takeSample(behaviour: Growing, act: Act, digest: () => string, redacted: number): void {
  if (wantsSample(behaviour, act)) behaviour.samples = mergeSamples(behaviour.samples, [sampleOf(act, digest(), redacted)])
}

/** What comes later is no sample, also when earlier ones come; null: anything may be one. */
export function sampledUntil(behaviour: Growing): EventTime | null {
  return lastSample(behaviour)?.at ?? null
}

function lastSample({ samples }: Growing): Sample | undefined {
  return samples[intakeLimits.samples - 1]
}

/** Counts the act in the sighting that it belongs to. */
export function see(behaviour: Growing, act: Act): void {
  const { latest } = behaviour
  if (latest !== null && isAgain(latest, act)) return again(latest, act.at)
  const { class: kind, sensor, rule, severity, confidence, effect, access, actionTaken, toKill, at } = act
  const killed = killedBy(effect, at, toKill)
  const minute = at === null ? null : minuteOf(at)
  const known = { class: kind, sensor, rule, severity, confidence, effect, access, actionTaken, toKill: killed, minute }
  const key = sightingKey(known)
  const seen = behaviour.sightings.get(key) ?? takenBack(behaviour, key, known)
  if (seen) {
    behaviour.latest = seen
    return again(seen, at)
  }
  behaviour.latest = { ...known, count: 1, first: at, last: at }
  behaviour.sightings.set(key, behaviour.latest)
  if (killed !== null) behaviour.kills++
}

/** The sighting, if it is of a minute that seemed to be over. */
function takenBack({ past, sightings }: Growing, key: string, seen: SightingKey): Counted | undefined {
  if (past.size === 0 || seen.minute === null || seen.toKill !== null) return undefined
  const taken = past.take(seen, seen.minute)
  if (taken === null) return undefined
  const counted: Counted = { ...taken }
  sightings.set(key, counted)
  return counted
}

/** Puts sightings of other minutes than the latest one's into their short form, if there are many. */
export function shorten(behaviour: Growing): void {
  const { sightings, past, latest } = behaviour
  if (sightings.size <= behaviour.crowd) return
  for (const [key, sighting] of sightings) {
    if (sighting.minute === latest?.minute || !PastRows.canKeep(sighting)) continue
    past.add(sighting)
    sightings.delete(key)
  }
  behaviour.crowd = sightings.size + FRESH
}

/** Undoes {@link shorten}. */
export function atHand(behaviour: Growing): void {
  for (const sighting of behaviour.past) behaviour.sightings.set(sightingKey(sighting), { ...sighting })
  behaviour.past = behaviour.past.emptied()
}

/** The behaviour with sightings that are made when they are asked for, and not kept: most are asked for one behaviour after the other. */
function shortened({ fingerprint, identity, sightings: atHand, samples, past }: Growing): Behaviour {
  return {
    fingerprint,
    identity,
    get sightings() {
      const all = new Map<string, Sighting>(atHand)
      for (const sighting of past) all.set(sightingKey(sighting), sighting)
      return all
    },
    samples,
  }
}

/** Counts one more. */
export function again(seen: Counted, at: EventTime | null): void {
  seen.count++
  if (at === null) return
  if (seen.last !== null && at > seen.last) seen.last = at
  else if (seen.first !== null && at < seen.first) seen.first = at
}

function sampleOf({ at, subject, tags }: Act, digest: string, redacted: number): Sample {
  const { node, pod, container, image, pid, uid, commandLine, ancestors }: Subject = subject
  return { at, digest, node, pod, container, image, pid, uid, commandLine, ancestors, tags, redacted }
}

/** They are handed out as they are: after the last act of a window, which is when most are asked for, a copy would be the larger half. */
export function byFingerprint(growing: ReadonlyMap<string, Growing>): Map<Fingerprint, Behaviour> {
  const named = new Map<Fingerprint, Behaviour>()
  for (const behaviour of growing.values()) {
    const { fingerprint, identity, sightings, samples, past } = behaviour
    named.set(fingerprint, past.size === 0 ? { fingerprint, identity, sightings, samples } : shortened(behaviour))
    // Whoever counts one more must come by `growOn`.
    behaviour.isHandedOut = true
    behaviour.latest = null
  }
  return named
}

/** Parts the behaviour from what was handed out, before it grows on. */
export function growOn(behaviour: Growing): void {
  behaviour.sightings = copied(behaviour.sightings)
  behaviour.past = behaviour.past.copied()
  behaviour.isHandedOut = false
}

/** The map with copies of its values, which do not change when the fold goes on. */
export function copied<V extends object>(map: ReadonlyMap<string, V>): Map<string, V> {
  const copy = new Map<string, V>()
  for (const [key, value] of map) copy.set(key, { ...value })
  return copy
}
