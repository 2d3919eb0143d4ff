import type { Act, ActParts, Subject } from '../model/act.ts'
import type { Behaviour, Fingerprint, Identity, Sample, Sighting, SightingKey } from '../model/behaviour.ts'
import { tallyNames, type Intake } from '../model/intake.ts'
import { eventMs, instantMs, instantOf, minuteOf, type EventTime } from '../model/time.ts'
import type { Instance, Watch } from '../model/watch.ts'
import type { Window } from '../model/window.ts'
import { boundAct, boundName, boundWatch } from './bound.ts'
import type { DeclaredWorkload } from './attribute.ts'
import { fingerprint, identityText } from './fingerprint.ts'
import { intakeLimits, SKEW_MS, WATCH_MARGIN_MS, type IntakeLimits } from './limits.ts'
import {
  joinBeats,
  joinKills,
  keepSmallest,
  killRows,
  mergeSamples,
  sightingKey,
  smallest,
  sortedByKey,
  watchKey,
} from './merge.ts'
import { normalisePath, normaliseTarget } from './normalise.ts'
import { Beats, Counts, type Beat, type Beating, type Counter } from './counts.ts'
import { PartRecall } from './part-recall.ts'
import { Forms, PastRows } from './past-rows.ts'
import { ActRecall, attributor } from './recall.ts'
import { BeatRules, isAnyName, type MayKeep, type RuleCounts } from './rule-counts.ts'

/** What folding needs to know of the manifest: its scope, not its controls. Controls are matched when judging. */
export type FoldScope = {
  readonly window: Window
  readonly cluster: string | null
  readonly workloads: readonly DeclaredWorkload[]
}

/** Takes acts and watch signals one by one; the order in which they come never shows in what comes out. */
export type Fold = {
  /** `digest` is asked for only when the act becomes a sample. `parts`: what it shares with others, if it is as its parts say. */
  readonly act: (act: Act, digest: () => string, redacted: number, parts?: ActParts) => void
  /** Counts an act without secrets that is nothing but one more of what its parts were folded as; false: it is to be folded as a whole. */
  readonly again: (parts: ActParts, at: EventTime) => boolean
  /** `rule`: the name under which the sensor counts such a detection; it is kept where `mayKeep` says so. */
  readonly beat: (
    instance: Instance,
    signal: 'health' | 'activity',
    at: EventTime | null,
    detections?: number,
    rule?: string | null,
    mayKeep?: MayKeep,
  ) => void
  readonly watch: (signal: Watch) => void
  readonly count: (name: string) => void
  readonly intake: () => Intake
}

type Counted = { -readonly [field in keyof Sighting]: Sighting[field] }

/** So many sightings of a behaviour come before those of minutes that are over are put into a shorter form. */
const FRESH = 8

type Growing = {
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

/** What an act belongs to: a behaviour, or something outside of the manifest. */
type Owned =
  | { readonly behaviour: Growing; readonly outside: null; readonly isUnattributed: boolean }
  | { readonly behaviour: null; readonly outside: string; readonly isUnattributed: false }

/** What the parts of an act were folded as. */
type Folded = {
  readonly owned: Owned
  /** What else is counted up. */
  readonly counters: readonly Counter[]
  /** The sighting that it was counted in last. */
  latest: Counted | null
  /** What comes later is no sample; null: anything may be one. Samples only become earlier. */
  sampledUntil: EventTime | null
}

/** `limits` are the window's; tests narrow them. */
export function createFold(scope: FoldScope, limits: IntakeLimits = intakeLimits): Fold {
  const { window } = scope
  const behaviours = new Map<string, Growing>()
  let watch = new Map<string, Watch>()
  const tally = new Counts()
  const margin = { from: instantMs(window.start) - WATCH_MARGIN_MS, to: instantMs(window.end) + WATCH_MARGIN_MS }
  const skewedFrom = instantMs(window.end) + SKEW_MS
  // As text, cut to the second: comparing event times with them is exact and needs no calendar.
  const [opens, closes] = [window.start.slice(0, 19), window.end.slice(0, 19)]
  const [marginOpens, marginCloses] = [instantOf(margin.from).slice(0, 19), `${instantOf(margin.to).slice(0, 19)}.001`]
  const ownerOf = attributor(scope.workloads)
  const recalled = new ActRecall<Owned>(scope.workloads)
  const parted = new PartRecall<Folded>(scope.workloads)
  const beats = new Beats()
  const beatRules = new BeatRules()
  const forms = new Forms()

  const count = (name: string): void => tally.add(name)
  const nearWindow = (from: EventTime, to: EventTime): boolean => eventMs(to) >= margin.from && eventMs(from) <= margin.to

  /** The behaviour that the act belongs to; none when the manifest does not speak of whoever acted. */
  function ownedBy(act: Act): Owned {
    const owner = ownerOf(act.subject)
    if (owner.outside !== null) return { behaviour: null, outside: owner.outside, isUnattributed: false }
    return { behaviour: behaviourNamed(identityOf(act, scope, owner)), outside: null, isUnattributed: owner.workload === null }
  }

  function behaviourNamed(identity: Identity): Growing {
    const key = identityText(identity)
    const known = behaviours.get(key)
    if (known) return known
    const print = fingerprint(identity)
    const fresh: Growing = {
      fingerprint: print,
      identity,
      sightings: new Map(),
      past: new PastRows(forms),
      crowd: FRESH,
      latest: null,
      isHandedOut: false,
      kills: 0,
      samples: [],
    }
    behaviours.set(key, fresh)
    if (behaviours.size > 2 * limits.behaviours) {
      shrink(behaviours, tally, limits)
      // What was pushed out must not go on growing unseen.
      recalled.clear()
      parted.clear()
    }
    return fresh
  }

  function act(received: Act, digest: () => string, redacted: number, parts?: ActParts): void {
    if (received.at !== null && (received.at < opens || received.at >= closes))
      return countOutside(boundAct(received).sensor, received.at)
    const folded = parts && parted.get(parts)
    const known = parts === undefined ? recalled.get(received) : folded?.owned
    const latest = known?.behaviour?.latest ?? null
    // What equals a sighting that is there already is within the same bounds; the other texts matter only for samples.
    if (known !== undefined && latest !== null && redacted === 0 && isAgain(latest, received) && !wantsSample(known, received)) {
      tally.addAct(received, known)
      again(latest, received.at)
      if (folded !== undefined) update(folded)
      return
    }
    const act = boundAct(received)
    // What was cut is not what its parts say, and other texts may be cut to the same.
    if (act !== received) {
      takeIn(act, ownedBy(act), digest, redacted)
      return
    }
    const owned = known ?? ownedBy(act)
    takeIn(act, owned, digest, redacted)
    if (folded !== undefined) update(folded)
    else if (parts !== undefined) parted.set(act.subject, parts, foldedAs(act, owned))
    else if (known === undefined) recalled.set(act, owned)
  }

  /** The longer way, for what may be new. */
  function takeIn(act: Act, owned: Owned, digest: () => string, redacted: number): void {
    const { behaviour } = owned
    tally.addAct(act, owned)
    if (behaviour === null) return
    if (behaviour.isHandedOut) growOn(behaviour)
    if (act.at === null) count(`${tallyNames.unplaced}/${act.sensor}`)
    if (redacted > 0) count(`${tallyNames.redacted}/${act.sensor}`)
    see(behaviour, act)
    shorten(behaviour)
    thin(behaviour)
    if (wantsSample(owned, act)) behaviour.samples = mergeSamples(behaviour.samples, [sampleOf(act, digest(), redacted)])
  }

  function foldedAs(act: Act, owned: Owned): Folded {
    const folded = { owned, counters: tally.countersOf(act, owned), latest: null, sampledUntil: null }
    update(folded)
    return folded
  }

  function countAgain(parts: ActParts, at: EventTime): boolean {
    if (at < opens || at >= closes) return false
    const known = parted.get(parts)
    if (known === undefined) return false
    const { latest, owned } = known
    const { behaviour } = owned
    if (behaviour !== null && (latest !== behaviour.latest || !isMore(known, at))) return false
    for (const counter of known.counters) counter.count++
    if (latest !== null) again(latest, at)
    return true
  }

  function beat(
    instance: Instance,
    signal: 'health' | 'activity',
    at: EventTime | null,
    detections = 0,
    rule: string | null = null,
    mayKeep: MayKeep = isAnyName,
  ): void {
    if (at === null || at < marginOpens || at >= marginCloses) return
    let beating = beats.get(signal, instance.sensor, instance.node)
    if (beating !== undefined && at.startsWith(beating.beat.minute)) {
      const { beat } = beating
      if (at > beat.last) beat.last = at
      else if (at < beat.first) beat.first = at
      beat.count++
      beat.detections += detections
    } else beating = begin(instance, signal, at, detections)
    if (rule !== null) rulesOf(beating).countUp(rule, mayKeep)
  }

  function begin({ sensor, node }: Instance, signal: 'health' | 'activity', at: EventTime, detections: number): Beating {
    const minute = minuteOf(at)
    const kept = keep(boundWatch({ kind: 'beat', sensor, node, signal, minute, first: at, last: at, count: 1, detections }))
    const beating: Beating = { beat: kept as Beat, rules: null }
    beats.set(signal, sensor, node, beating)
    return beating
  }

  function rulesOf(beating: Beating): RuleCounts {
    beating.rules ??= beatRules.of(watchKey(beating.beat))
    return beating.rules
  }

  function keep(signal: Watch): Watch {
    const key = watchKey(signal)
    const known = watch.get(key)
    const kept = known?.kind === 'beat' && signal.kind === 'beat' ? joinBeats(known, signal) : signal
    watch.set(key, kept)
    if (watch.size > 2 * limits.watch) shrinkWatch()
    return kept
  }

  function shrinkWatch(): void {
    watch = smallest(watch, limits.watch)
    beats.clear()
    beatRules.keepOnly(watch)
    tally.mark(`${tallyNames.overflow}/watch`)
  }

  /** The signals as they are now; they do not change when the fold goes on. */
  function watched(): Map<string, Watch> {
    const now = copied(watch)
    beatRules.writeInto(now)
    return now
  }

  /** Keeps memory bounded under a flood, as {@link keepSmallest} does in the end. */
  function thin(behaviour: Growing): void {
    if (behaviour.kills > 2 * limits.killsEach) {
      atHand(behaviour)
      behaviour.sightings = joinKills(behaviour.sightings, limits.killsEach)
      behaviour.latest = null
      behaviour.kills = limits.killsEach
      tally.mark(tallyNames.unproven)
    }
    if (behaviour.sightings.size + behaviour.past.size <= 2 * (limits.sightingsEach + limits.killsEach)) return
    atHand(behaviour)
    const joined = joinKills(behaviour.sightings, limits.killsEach)
    if (behaviour.kills > limits.killsEach) tally.mark(tallyNames.unproven)
    behaviour.sightings = smallest(joined, limits.sightingsEach)
    behaviour.latest = null
    behaviour.kills = killRows(behaviour.sightings)
    tally.mark(`${tallyNames.overflow}/behaviours`)
  }

  function countOutside(sensor: string, at: EventTime): void {
    count(`${tallyNames.outOfWindow}/${sensor}`)
    if (eventMs(at) > skewedFrom) count(`${tallyNames.clockSkew}/${sensor}`)
  }

  return {
    act,
    again: countAgain,
    beat,
    watch(received) {
      const signal = boundWatch(received)
      const [from, to] = spanOf(signal)
      const concerns = isLasting(signal) ? eventMs(from) <= margin.to : nearWindow(from, to)
      if (!concerns) return countOutside(signal.sensor, to)
      keep(signal)
    },
    count: (name) => count(boundName(name)),
    intake: () => keepSmallest({ behaviours: byFingerprint(behaviours), watch: watched(), tally: tally.all() }, limits),
  }
}

function spanOf(signal: Watch): readonly [EventTime, EventTime] {
  if (signal.kind === 'loss') return [signal.from, signal.to]
  return signal.kind === 'beat' ? [signal.first, signal.last] : [signal.at, signal.at]
}

/** What began long before the window may still hold in it: only a stop or a restart ends it. */
function isLasting(signal: Watch): boolean {
  return signal.kind === 'throttle' || (signal.kind === 'fault' && signal.lasting)
}

/** Keeps memory bounded under a flood: the smallest fingerprints stay, as in {@link keepSmallest}. */
function shrink(behaviours: Map<string, Growing>, tally: Counts, limits: IntakeLimits): void {
  const byPrint = sortedByKey(new Map([...behaviours].map(([key, { fingerprint }]) => [fingerprint, key])))
  for (const [, key] of byPrint.slice(limits.behaviours)) behaviours.delete(key)
  tally.mark(`${tallyNames.overflow}/behaviours`)
}

function identityOf(
  act: Act,
  { window, cluster }: FoldScope,
  owner: { namespace: string | null; workload: string | null },
): Identity {
  return {
    application: window.application,
    environment: window.environment,
    cluster: act.subject.cluster ?? cluster,
    namespace: owner.namespace,
    workload: owner.workload,
    action: act.action,
    // For exec the target is the executable; who started it is in the samples.
    executable: act.action === 'exec' || act.subject.executable === null ? null : normalisePath(act.subject.executable),
    target: act.target && normaliseTarget(act.target),
  }
}

/** Whether the act is one more of a sighting. */
function isAgain(
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

/** What was folded last of these parts is what the next act of them may be one more of. */
function update(folded: Folded): void {
  const { behaviour } = folded.owned
  folded.latest = behaviour?.latest ?? null
  folded.sampledUntil = behaviour?.samples[intakeLimits.samples - 1]?.at ?? null
}

/** Whether an act at that moment is one more of the sighting, and no sample. */
function isMore({ latest, sampledUntil }: Folded, at: EventTime): boolean {
  if (latest === null || latest.minute === null || sampledUntil === null) return false
  return at.startsWith(latest.minute) && at > sampledUntil
}

/** Samples are the earliest: most acts come too late to be one. */
function wantsSample({ behaviour }: Owned, { at }: Act): boolean {
  if (behaviour === null) return false
  const last = behaviour.samples[intakeLimits.samples - 1]
  return last === undefined || (at ?? '') <= (last.at ?? '')
}

function see(behaviour: Growing, act: Act): void {
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
function shorten(behaviour: Growing): void {
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
function atHand(behaviour: Growing): void {
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

function again(seen: Counted, at: EventTime | null): void {
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
function byFingerprint(growing: ReadonlyMap<string, Growing>): Map<Fingerprint, Behaviour> {
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

function growOn(behaviour: Growing): void {
  behaviour.sightings = copied(behaviour.sightings)
  behaviour.past = behaviour.past.copied()
  behaviour.isHandedOut = false
}

/** The map with copies of its values, which do not change when the fold goes on. */
function copied<V extends object>(map: ReadonlyMap<string, V>): Map<string, V> {
  const copy = new Map<string, V>()
  for (const [key, value] of map) copy.set(key, { ...value })
  return copy
}
