import type { Effect } from '../model/act.ts'
import type { Behaviour, Identity, Sighting } from '../model/behaviour.ts'
import type { Intake } from '../model/intake.ts'
import type { Finding } from '../model/judgement.ts'
import type { Facts } from '../model/sealed.ts'
import { worseSeverity, type Severity } from '../model/severity.ts'
import { candidates } from './attribute.ts'
import { samplesAtHand, withSamples, type Found } from './found.ts'
import { killProof } from './kills.ts'
import { compileControl, type CompiledControl } from './control.ts'
import { workloadKey, type Resolved } from './resolve.ts'

/** An act that cannot be pinned to one workload stays below the confidence that fails: it asks for a person, it never vanishes. */
export const UNATTRIBUTED_CONFIDENCE = 0.7
/** Nor can an act fail a control by the control's own lists when it might be one that they allow: too little is known of it. */
export const UNKNOWN_TARGET_CONFIDENCE = 0.6
/** What severity counts as where neither sensor nor control says one. */
export const UNKNOWN_SEVERITY: Severity = 'high'

/** Binds behaviours to the controls that speak about them, and lists the detections of which none does. Sorted by (control, fingerprint). */
export function match(resolved: Resolved, intake: Intake, facts: Facts): readonly Finding[] {
  return withSamples(foundIn(resolved, intake, facts))
}

/** The same for who goes on with the findings and needs no samples. */
export function foundIn(resolved: Resolved, intake: Intake, facts: Facts): readonly Found[] {
  const speaking = speakers(resolved.controls.map((control) => binding(compileControl(control))))
  const concernedBy = remembered((identity) => workloadsOf(identity, resolved))
  const described = describer()
  const withProof = killProof(intake.watch.values())
  const findings = new Map<string, Found[]>()
  const add = (found: Found): void => {
    const known = findings.get(found.control ?? '')
    if (known) known.push(found)
    else findings.set(found.control ?? '', [found])
  }
  for (const sealed of intake.behaviours.values()) {
    const sightings = withProof(sealed.sightings)
    const behaviour = sightings === sealed.sightings ? sealed : { ...sealed, samples: sealed.samples, sightings }
    const concerned = concernedBy(behaviour.identity)
    const controls = speaking(behaviour)
    const bound: Found[] = []
    for (const control of controls) {
      const found = bind(control, behaviour, concerned, facts, described)
      if (found === null) continue
      bound.push(found)
      add(found)
    }
    // What was seen in one way alone is spoken of by whoever is bound to it.
    if (bound.length > 0 && sightings.size === 1) continue
    const rest = unspoken(behaviour, bound, controls, concerned)
    if (rest.length > 0) add(finding(null, behaviour, rest, [...concerned].sort(), 'unmapped', null, facts, described))
  }
  return [...findings]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([, found]) => found.sort((a, b) => compare(a.fingerprint, b.fingerprint)))
}

/** The controls that can say anything of a behaviour, in their order: those of its action, and those that map rules of its sensors. */
function speakers<C extends CompiledControl>(controls: readonly C[]): (behaviour: Behaviour) => readonly C[] {
  const known = new Map<Identity['action'], Map<string, readonly C[]>>()
  const speaking = (action: Identity['action'], sensors: ReadonlySet<string>): readonly C[] =>
    controls.filter(({ control }) => control.behaviour === action || [...sensors].some((sensor) => control.evidence.has(sensor)))
  return ({ identity: { action }, sightings }) => {
    const only = onlySensor(sightings)
    if (only === null) return speaking(action, new Set([...sightings.values()].map(({ sensor }) => sensor)))
    return recalled(
      recalled(known, action, () => new Map()),
      only,
      () => speaking(action, new Set([only])),
    )
  }
}

/** The sensor that saw all of it; null when several did. */
function onlySensor(sightings: Behaviour['sightings']): string | null {
  let only: string | null = null
  for (const { sensor } of sightings.values()) {
    if (only !== null && sensor !== only) return null
    only = sensor
  }
  return only
}

/** Which workloads an identity concerns depends on its namespace and workload alone. */
function remembered(workloads: (identity: Identity) => readonly string[]): (identity: Identity) => readonly string[] {
  const known = new Map<string | null, Map<string | null, readonly string[]>>()
  return (identity) =>
    recalled(
      recalled(known, identity.namespace, () => new Map()),
      identity.workload,
      () => workloads(identity),
    )
}

/** Texts that are remembered come from outside. */
const MAX_RECALLED = 10_000

/** What the map has under the key, made where it has nothing. */
function recalled<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key)
  if (value !== undefined) return value
  const made = make()
  if (known.size < MAX_RECALLED) known.set(key, made)
  return made
}

/** The detections of which no control speaks. */
function unspoken(
  { identity, sightings }: Behaviour,
  bound: readonly Found[],
  controls: readonly CompiledControl[],
  concerned: readonly string[],
): readonly Sighting[] {
  const spokenOf = new Map<string, Set<string>>()
  for (const { sensors } of bound) {
    for (const { sensor, rules } of sensors) {
      const known = spokenOf.get(sensor)
      if (known) for (const rule of rules) known.add(rule)
      else spokenOf.set(sensor, new Set(rules))
    }
  }
  const isSpokenOf = ({ sensor, rule }: Sighting): boolean =>
    rule === null ? bound.length > 0 : spokenOf.get(sensor)?.has(rule) === true
  // A policy without a severity only reports the act: where a control allows that act, there is nothing left to say about it. A
  // rule that gives a severity says more than the act, and stays listed.
  const isAllowed = (sighting: Sighting): boolean =>
    sighting.severity === null && controls.some((control) => allows(control, identity, sighting, concerned))
  return [...sightings.values()].filter(
    (sighting) => sighting.class === 'detection' && !isSpokenOf(sighting) && !isAllowed(sighting),
  )
}

/** The control applies to every workload that is concerned and permits the act. */
function allows(
  { appliesTo, permits }: CompiledControl,
  identity: Identity,
  sighting: Sighting,
  concerned: readonly string[],
): boolean {
  return concerned.every((workload) => appliesTo.has(workload)) && permits(identity, sighting)
}

/** A control that remembers which of the concerned workloads it applies to. */
type Binding = CompiledControl & { readonly affected: (concerned: readonly string[]) => readonly string[] }

function binding(control: CompiledControl): Binding {
  const known = new Map<readonly string[], readonly string[]>()
  const affected = (concerned: readonly string[]): readonly string[] =>
    recalled(known, concerned, () => concerned.filter((workload) => control.appliesTo.has(workload)).sort())
  return { ...control, affected }
}

/** What the control says of the behaviour: null when it does not concern it or allows it. */
function bind(
  control: Binding,
  behaviour: Behaviour,
  concerned: readonly string[],
  facts: Facts,
  described: Described,
): Found | null {
  const { identity, sightings } = behaviour
  const affected = control.affected(concerned)
  if (affected.length === 0) return null
  const sighted: Sighting[] = []
  let because: Finding['because'] | null = null
  for (const sighting of sightings.values()) {
    const isMapped = sighting.class === 'detection' && control.maps(sighting)
    const rejection = control.rejects(identity, sighting)
    if (!isMapped && !rejection) continue
    because = stronger(because, isMapped || !rejection ? 'evidence' : rejection.because)
    const isSure = isMapped || (rejection?.sure === true && isTargetKnown(identity))
    sighted.push(isSure ? sighting : { ...sighting, confidence: Math.min(sighting.confidence, UNKNOWN_TARGET_CONFIDENCE) })
  }
  if (because === null) return null
  const excepted = control.excepts(identity, sighted, affected)
  return finding(control, behaviour, sighted, affected, because, excepted, facts, described)
}

const strongest: readonly Finding['because'][] = ['evidence', 'denied', 'not_allowed']

function stronger(one: Finding['because'] | null, other: Finding['because']): Finding['because'] {
  return one !== null && strongest.indexOf(one) <= strongest.indexOf(other) ? one : other
}

/** `workloads` are sorted. */
function finding(
  control: CompiledControl | null,
  behaviour: Behaviour,
  sighted: readonly Sighting[],
  workloads: readonly string[],
  because: Finding['because'],
  excepted: string | null,
  facts: Facts,
  described: Described,
): Found {
  const { fingerprint, identity } = behaviour
  const attributed = identity.workload !== null
  const { severity, confidence, placed, count, first, last, effects, sensors } = described(sighted)
  return {
    control: control?.control.id ?? null,
    fingerprint,
    identity,
    // Those of the behaviour and of the control themselves, here and below: a hundred thousand copies would say nothing else.
    workloads: workloads as Finding['workloads'],
    attributed,
    because,
    severity: control?.control.severity ?? severity ?? UNKNOWN_SEVERITY,
    confidence: Math.min(confidence, attributed ? 1 : UNATTRIBUTED_CONFIDENCE),
    placed,
    excepted,
    waivedBy: NOBODY as Finding['waivedBy'],
    recurrence: recurrenceOf(fingerprint, facts),
    count,
    first,
    last,
    sensors,
    effects,
    samples: samplesAtHand(behaviour),
  }
}

const NOBODY: readonly string[] = []

/** What the sightings say together. */
type Described = (sighted: readonly Sighting[]) => Readonly<Summary> & Pick<Finding, 'sensors'>

/** Most behaviours are seen in one way alone, and most of these by the same rule with the same effect: what says so is made once. */
function describer(): Described {
  const effectsOf = new Map<Effect, Map<number, Finding['effects']>>()
  const sensorsOf = new Map<string, Map<string | null, Map<number, Finding['sensors']>>>()
  return (sighted) => {
    const [only] = sighted
    if (!only || sighted.length > 1) return { ...summary(sighted), sensors: bySensor(sighted) }
    const { sensor, rule, severity, confidence, minute, count, first, last, effect } = only
    const isTimed = first !== null && last !== null
    const isInOrder = isTimed && first < last
    const ofEffect = recalled(effectsOf, effect, () => new Map())
    const ofSensor = recalled(sensorsOf, sensor, () => new Map())
    const ofRule = recalled(ofSensor, rule, () => new Map())
    return {
      severity: severity ?? UNKNOWN_SEVERITY,
      confidence,
      placed: minute !== null,
      count,
      first: isTimed ? (isInOrder ? first : last) : null,
      last: isTimed ? (isInOrder ? last : first) : null,
      effects: recalled(ofEffect, count, () => ({ ...noEffects, [effect]: count })),
      sensors: recalled(ofRule, count, () => bySensor(sighted)),
    }
  }
}

const noEffects: Finding['effects'] = { prevented: 0, terminated: 0, observed: 0, unknown: 0 }

type Summary = Pick<Finding, 'confidence' | 'placed' | 'count' | 'first' | 'last' | 'effects'> & { severity: Severity | null }

function summary(sighted: readonly Sighting[]): Readonly<Summary> {
  const effects = { ...noEffects }
  const sum: { -readonly [K in keyof Summary]: Summary[K] } = {
    severity: null,
    confidence: 0,
    placed: false,
    count: 0,
    first: null,
    last: null,
    effects,
  }
  for (const { severity, confidence, minute, count, first, last, effect } of sighted) {
    // A sensor without a scale must not be outvoted by a milder one: seeing more never makes a verdict better.
    sum.severity = worseSeverity(sum.severity, severity ?? UNKNOWN_SEVERITY)
    sum.confidence = Math.max(sum.confidence, confidence)
    sum.placed ||= minute !== null
    sum.count += count
    effects[effect] += count
    if (first === null || last === null) continue
    const [earlier, later] = first < last ? [first, last] : [last, first]
    if (sum.first === null || earlier < sum.first) sum.first = earlier
    if (sum.last === null || later > sum.last) sum.last = later
  }
  return sum
}

/** Declared workloads that a behaviour is about: its own, or each one that it could belong to. */
export function workloadsOf(identity: Identity, { workloads }: Pick<Resolved, 'workloads'>): readonly string[] {
  const possible = candidates(identity, workloads)
  return (identity.workload === null ? possible : possible.filter(({ name }) => name === identity.workload)).map(workloadKey)
}

function isTargetKnown({ target }: Identity): boolean {
  return target !== null && !('partial' in target && target.partial)
}

function recurrenceOf(fingerprint: string, { history, previous }: Facts): Finding['recurrence'] {
  const known = history.get(fingerprint)
  if (!known) return 'new'
  return known.lastWindow === previous?.windowId ? 'recurring' : 'returned'
}

function bySensor(sighted: readonly Sighting[]): Finding['sensors'] {
  const groups = Map.groupBy(sighted, ({ sensor }) => sensor)
  return [...groups]
    .map(([sensor, group]) => ({
      sensor,
      rules: [...new Set(group.flatMap(({ rule }) => (rule === null ? [] : [rule])))].sort(),
      count: group.reduce((total, { count }) => total + count, 0),
    }))
    .sort((a, b) => compare(a.sensor, b.sensor))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
