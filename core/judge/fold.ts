import type { Act, ActParts } from '../model/act.ts'
import type { Identity } from '../model/behaviour.ts'
import { tallyNames, type Intake } from '../model/intake.ts'
import { eventMs, instantMs, instantOf, minuteOf, type EventTime } from '../model/time.ts'
import type { Instance, Watch } from '../model/watch.ts'
import type { Window } from '../model/window.ts'
import { boundAct, boundName, boundWatch } from './bound.ts'
import type { DeclaredWorkload } from './attribute.ts'
import { fingerprint, identityText } from './fingerprint.ts'
import { intakeLimits, SKEW_MS, WATCH_MARGIN_MS, type IntakeLimits } from './limits.ts'
import { joinBeats, joinKills, keepSmallest, killRows, smallest, sortedByKey, watchKey } from './merge.ts'
import {
  again,
  atHand,
  byFingerprint,
  copied,
  growOn,
  isAgain,
  newGrowing,
  sampledUntil,
  see,
  shorten,
  takeSample,
  wantsSample,
  type Counted,
  type Growing,
} from './growing.ts'
import { normalisePath, normaliseTarget } from './normalise.ts'
import { Beats, Counts, type Beat, type Beating, type Counter } from './counts.ts'
import { PartRecall } from './part-recall.ts'
import { Forms } from './past-rows.ts'
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
    const fresh = newGrowing(fingerprint(identity), identity, forms)
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
    if (
      known?.behaviour &&
      latest !== null &&
      redacted === 0 &&
      isAgain(latest, received) &&
      !wantsSample(known.behaviour, received)
    ) {
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
    takeSample(behaviour, act, digest, redacted)
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

/** What was folded last of these parts is what the next act of them may be one more of. */
function update(folded: Folded): void {
  const { behaviour } = folded.owned
  folded.latest = behaviour?.latest ?? null
  folded.sampledUntil = behaviour && sampledUntil(behaviour)
}

/** Whether an act at that moment is one more of the sighting, and no sample. */
function isMore({ latest, sampledUntil }: Folded, at: EventTime): boolean {
  if (latest === null || latest.minute === null || sampledUntil === null) return false
  return at.startsWith(latest.minute) && at > sampledUntil
}
