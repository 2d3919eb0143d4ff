import type { Act, Subject } from '../model/act.ts'
import type { Behaviour, Fingerprint, Identity, Sample, Sighting } from '../model/behaviour.ts'
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
import { actKey, attributor, Recall } from './recall.ts'

/** What folding needs to know of the manifest: its scope, not its controls. Controls are matched when judging. */
export type FoldScope = {
  readonly window: Window
  readonly cluster: string | null
  readonly workloads: readonly DeclaredWorkload[]
}

/** Takes acts and watch signals one by one; the order in which they come never shows in what comes out. */
export type Fold = {
  /** `digest` is asked for only when the act becomes a sample. */
  readonly act: (act: Act, digest: () => string, redacted: number) => void
  readonly beat: (instance: Instance, signal: 'health' | 'activity', at: EventTime | null, detections?: number) => void
  readonly watch: (signal: Watch) => void
  readonly count: (name: string) => void
  readonly intake: () => Intake
}

type Counted = { -readonly [field in keyof Sighting]: Sighting[field] }
type Beat = { -readonly [field in keyof Extract<Watch, { kind: 'beat' }>]: Extract<Watch, { kind: 'beat' }>[field] }

/** Instances whose latest beat is at hand. */
const MOST_BEATING = 4_096

type Growing = {
  readonly fingerprint: Fingerprint
  readonly identity: Identity
  sightings: Map<string, Counted>
  /** The sighting that was counted last: the next act is most often the same again. Grows in place; `intake` hands out copies. */
  latest: Counted | null
  /** How many of its sightings name a process to be killed. */
  kills: number
  samples: readonly Sample[]
}

/** `limits` are the window's; tests narrow them. */
export function createFold(scope: FoldScope, limits: IntakeLimits = intakeLimits): Fold {
  const { window } = scope
  const behaviours = new Map<string, Growing>()
  let watch = new Map<string, Watch>()
  const tally = new Map<string, number>()
  const margin = { from: instantMs(window.start) - WATCH_MARGIN_MS, to: instantMs(window.end) + WATCH_MARGIN_MS }
  const skewedFrom = instantMs(window.end) + SKEW_MS
  // As text, cut to the second: comparing event times with them is exact and needs no calendar.
  const [opens, closes] = [window.start.slice(0, 19), window.end.slice(0, 19)]
  const [marginOpens, marginCloses] = [instantOf(margin.from).slice(0, 19), `${instantOf(margin.to).slice(0, 19)}.001`]
  const ownerOf = attributor(scope.workloads)
  const recalled = new Recall<Growing>()
  const beats = new Map<string, Beat>()

  const count = (name: string): void => void tally.set(name, (tally.get(name) ?? 0) + 1)
  const nearWindow = (from: EventTime, to: EventTime): boolean => eventMs(to) >= margin.from && eventMs(from) <= margin.to

  /** The behaviour that the act belongs to, or null when the manifest does not speak of whoever acted. */
  function behaviourOf(act: Act): Growing | null {
    const found = ownerOf(act.subject)
    const owner = found.attributed
    if (owner.outside !== null) {
      count(`${tallyNames.outOfScope}/${act.sensor}/${owner.outside}`)
      return null
    }
    if (owner.workload === null) count(`${tallyNames.unattributed}/${act.sensor}`)
    const asWritten = actKey(found, act)
    return recalled.get(asWritten) ?? recalled.set(asWritten, behaviourNamed(identityOf(act, scope, owner)))
  }

  function behaviourNamed(identity: Identity): Growing {
    const key = identityText(identity)
    const known = behaviours.get(key)
    if (known) return known
    const print = fingerprint(identity)
    const fresh: Growing = { fingerprint: print, identity, sightings: new Map(), latest: null, kills: 0, samples: [] }
    behaviours.set(key, fresh)
    if (behaviours.size > 2 * limits.behaviours) {
      shrink(behaviours, tally, limits)
      // What was pushed out must not go on growing unseen.
      recalled.clear()
    }
    return fresh
  }

  function act(received: Act, digest: () => string, redacted: number): void {
    const act = boundAct(received)
    if (act.at !== null && (act.at < opens || act.at >= closes)) return countOutside(act.sensor, act.at)
    const behaviour = behaviourOf(act)
    if (!behaviour) return
    count(`${act.class === 'detection' ? tallyNames.detection : tallyNames.observation}/${act.sensor}`)
    if (act.at === null) count(`${tallyNames.unplaced}/${act.sensor}`)
    if (redacted > 0) count(`${tallyNames.redacted}/${act.sensor}`)
    see(behaviour, act)
    thin(behaviour)
    const [, , last] = behaviour.samples
    if (!last || (act.at ?? '') <= (last.at ?? '')) {
      behaviour.samples = mergeSamples(behaviour.samples, [sampleOf(act, digest(), redacted)])
    }
  }

  function beat({ sensor, node }: Instance, signal: 'health' | 'activity', at: EventTime | null, detections = 0): void {
    if (at === null || at < marginOpens || at >= marginCloses) return
    const instance = `${signal}/${sensor}/${node === null ? '' : `=${node}`}`
    const latest = beats.get(instance)
    if (latest !== undefined && at.startsWith(latest.minute)) {
      if (at < latest.first) latest.first = at
      if (at > latest.last) latest.last = at
      latest.count++
      latest.detections += detections
      return
    }
    const minute = minuteOf(at)
    const kept = keep(boundWatch({ kind: 'beat', sensor, node, signal, minute, first: at, last: at, count: 1, detections }))
    if (kept.kind !== 'beat') return
    if (beats.size >= MOST_BEATING) beats.clear()
    beats.set(instance, kept)
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
    tally.set(`${tallyNames.overflow}/watch`, 1)
  }

  /** Keeps memory bounded under a flood, as {@link keepSmallest} does in the end. */
  function thin(behaviour: Growing): void {
    if (behaviour.kills > 2 * limits.killsEach) {
      behaviour.sightings = joinKills(behaviour.sightings, limits.killsEach)
      behaviour.latest = null
      behaviour.kills = limits.killsEach
      tally.set(tallyNames.unproven, 1)
    }
    if (behaviour.sightings.size <= 2 * (limits.sightingsEach + limits.killsEach)) return
    const joined = joinKills(behaviour.sightings, limits.killsEach)
    if (behaviour.kills > limits.killsEach) tally.set(tallyNames.unproven, 1)
    behaviour.sightings = smallest(joined, limits.sightingsEach)
    behaviour.latest = null
    behaviour.kills = killRows(behaviour.sightings)
    tally.set(`${tallyNames.overflow}/behaviours`, 1)
  }

  function countOutside(sensor: string, at: EventTime): void {
    count(`${tallyNames.outOfWindow}/${sensor}`)
    if (eventMs(at) > skewedFrom) count(`${tallyNames.clockSkew}/${sensor}`)
  }

  return {
    act,
    beat,
    watch(received) {
      const signal = boundWatch(received)
      const [from, to] = spanOf(signal)
      const concerns = isLasting(signal) ? eventMs(from) <= margin.to : nearWindow(from, to)
      if (!concerns) return countOutside(signal.sensor, to)
      keep(signal)
    },
    count: (name) => count(boundName(name)),
    intake: () => keepSmallest({ behaviours: byFingerprint(behaviours), watch: copied(watch), tally: new Map(tally) }, limits),
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
function shrink(behaviours: Map<string, Growing>, tally: Map<string, number>, limits: IntakeLimits): void {
  const byPrint = sortedByKey(new Map([...behaviours].map(([key, { fingerprint }]) => [fingerprint, key])))
  for (const [, key] of byPrint.slice(limits.behaviours)) behaviours.delete(key)
  tally.set(`${tallyNames.overflow}/behaviours`, 1)
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

function see(
  behaviour: Growing,
  { class: kind, sensor, rule, severity, confidence, effect, access, actionTaken, toKill, at }: Act,
): void {
  const { latest } = behaviour
  // What is proven already needs no join, and what is undated has none.
  const killed = effect === 'unknown' && at !== null ? (toKill ?? null) : null
  const isSame =
    latest !== null &&
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
    latest.toKill === killed
  if (isSame) return again(latest, at)
  const minute = at === null ? null : minuteOf(at)
  const known = { class: kind, sensor, rule, severity, confidence, effect, access, actionTaken, toKill: killed, minute }
  const key = sightingKey(known)
  const seen = behaviour.sightings.get(key)
  if (seen) {
    behaviour.latest = seen
    return again(seen, at)
  }
  behaviour.latest = { ...known, count: 1, first: at, last: at }
  behaviour.sightings.set(key, behaviour.latest)
  if (killed !== null) behaviour.kills++
}

function again(seen: Counted, at: EventTime | null): void {
  seen.count++
  if (at === null) return
  if (seen.first !== null && at < seen.first) seen.first = at
  if (seen.last !== null && at > seen.last) seen.last = at
}

function sampleOf({ at, subject, tags }: Act, digest: string, redacted: number): Sample {
  const { node, pod, container, image, pid, uid, commandLine, ancestors }: Subject = subject
  return { at, digest, node, pod, container, image, pid, uid, commandLine, ancestors, tags, redacted }
}

function byFingerprint(growing: ReadonlyMap<string, Growing>): Map<Fingerprint, Behaviour> {
  return new Map(
    [...growing.values()].map(({ fingerprint, identity, sightings, samples }) => [
      fingerprint,
      { fingerprint, identity, sightings: copied(sightings), samples },
    ]),
  )
}

/** The map with copies of its values, which do not change when the fold goes on. */
function copied<V extends object>(map: ReadonlyMap<string, V>): Map<string, V> {
  const copy = new Map<string, V>()
  for (const [key, value] of map) copy.set(key, { ...value })
  return copy
}
