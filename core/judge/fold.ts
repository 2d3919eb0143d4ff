import type { Act, Subject } from '../model/act.ts'
import type { Behaviour, Fingerprint, Identity, Sample, Sighting } from '../model/behaviour.ts'
import { tallyNames, type Intake } from '../model/intake.ts'
import { eventMs, instantMs, minuteOf, within, type EventTime } from '../model/time.ts'
import type { Instance, Watch } from '../model/watch.ts'
import type { Window } from '../model/window.ts'
import { boundAct, boundName, boundWatch } from './bound.ts'
import { attribute, type DeclaredWorkload } from './attribute.ts'
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

type Growing = {
  readonly fingerprint: Fingerprint
  readonly identity: Identity
  sightings: Map<string, Sighting>
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

  const count = (name: string): void => void tally.set(name, (tally.get(name) ?? 0) + 1)
  const nearWindow = (from: EventTime, to: EventTime): boolean => eventMs(to) >= margin.from && eventMs(from) <= margin.to

  /** The behaviour that the act belongs to, or null when the manifest does not speak of whoever acted. */
  function behaviourOf(act: Act): Growing | null {
    const owner = attribute(act.subject, scope.workloads)
    if (owner.outside !== null) {
      count(`${tallyNames.outOfScope}/${act.sensor}/${owner.outside}`)
      return null
    }
    if (owner.workload === null) count(`${tallyNames.unattributed}/${act.sensor}`)
    const identity = identityOf(act, scope, owner)
    const key = identityText(identity)
    const known = behaviours.get(key)
    if (known) return known
    const fresh: Growing = { fingerprint: fingerprint(identity), identity, sightings: new Map(), kills: 0, samples: [] }
    behaviours.set(key, fresh)
    if (behaviours.size > 2 * limits.behaviours) shrink(behaviours, tally, limits)
    return fresh
  }

  function act(received: Act, digest: () => string, redacted: number): void {
    const act = boundAct(received)
    if (act.at !== null && !within(act.at, window.start, window.end)) return countOutside(act.sensor, act.at)
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
    if (at === null || !nearWindow(at, at)) return
    const minute = minuteOf(at)
    keep(boundWatch({ kind: 'beat', sensor, node, signal, minute, first: at, last: at, count: 1, detections }))
  }

  function keep(signal: Watch): void {
    const key = watchKey(signal)
    const known = watch.get(key)
    watch.set(key, known?.kind === 'beat' && signal.kind === 'beat' ? joinBeats(known, signal) : signal)
    if (watch.size <= 2 * limits.watch) return
    watch = smallest(watch, limits.watch)
    tally.set(`${tallyNames.overflow}/watch`, 1)
  }

  /** Keeps memory bounded under a flood, as {@link keepSmallest} does in the end. */
  function thin(behaviour: Growing): void {
    if (behaviour.kills > 2 * limits.killsEach) {
      behaviour.sightings = joinKills(behaviour.sightings, limits.killsEach)
      behaviour.kills = limits.killsEach
      tally.set(tallyNames.unproven, 1)
    }
    if (behaviour.sightings.size <= 2 * (limits.sightingsEach + limits.killsEach)) return
    const joined = joinKills(behaviour.sightings, limits.killsEach)
    if (behaviour.kills > limits.killsEach) tally.set(tallyNames.unproven, 1)
    behaviour.sightings = smallest(joined, limits.sightingsEach)
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
    intake: () => keepSmallest({ behaviours: byFingerprint(behaviours), watch: new Map(watch), tally: new Map(tally) }, limits),
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
  const { sightings } = behaviour
  const minute = at === null ? null : minuteOf(at)
  const fresh: Sighting = {
    class: kind,
    sensor,
    rule,
    severity,
    confidence,
    effect,
    access,
    actionTaken,
    // What is proven already needs no join, and what is undated has none.
    toKill: effect === 'unknown' && at !== null ? (toKill ?? null) : null,
    minute,
    count: 1,
    first: at,
    last: at,
  }
  const key = sightingKey(fresh)
  const known = sightings.get(key)
  if (!known && fresh.toKill !== null) behaviour.kills++
  if (!known) sightings.set(key, fresh)
  else
    sightings.set(key, {
      ...known,
      count: known.count + 1,
      first: at !== null && known.first !== null && at < known.first ? at : known.first,
      last: at !== null && known.last !== null && at > known.last ? at : known.last,
    })
}

function sampleOf({ at, subject, tags }: Act, digest: string, redacted: number): Sample {
  const { node, pod, container, image, pid, uid, commandLine, ancestors }: Subject = subject
  return { at, digest, node, pod, container, image, pid, uid, commandLine, ancestors, tags, redacted }
}

function byFingerprint(growing: ReadonlyMap<string, Growing>): Map<Fingerprint, Behaviour> {
  return new Map(
    [...growing.values()].map(({ fingerprint, identity, sightings, samples }) => [
      fingerprint,
      { fingerprint, identity, sightings: new Map(sightings), samples },
    ]),
  )
}
