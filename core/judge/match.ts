import type { Behaviour, Identity, Sighting } from '../model/behaviour.ts'
import type { Intake } from '../model/intake.ts'
import type { Finding } from '../model/judgement.ts'
import type { Facts } from '../model/sealed.ts'
import { worseSeverity, type Severity } from '../model/severity.ts'
import { candidates } from './attribute.ts'
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
  const controls = resolved.controls.map((control) => compileControl(control))
  const withProof = killProof(intake.watch.values())
  const findings: Finding[] = []
  for (const sealed of intake.behaviours.values()) {
    const behaviour = { ...sealed, sightings: withProof(sealed.sightings) }
    const concerned = workloadsOf(behaviour.identity, resolved)
    const bound = controls.flatMap((control) => bind(control, behaviour, concerned, facts) ?? [])
    findings.push(...bound)
    const spokenOf = new Set(
      bound.flatMap(({ sensors }) => sensors.flatMap(({ sensor, rules }) => rules.map((rule) => JSON.stringify([sensor, rule])))),
    )
    const isSpokenOf = ({ sensor, rule }: Sighting): boolean =>
      rule === null ? bound.length > 0 : spokenOf.has(JSON.stringify([sensor, rule]))
    // A policy without a severity only reports the act: where a control allows that act, there is nothing left to say about it. A
    // rule that gives a severity says more than the act, and stays listed.
    const isAllowed = (sighting: Sighting): boolean =>
      sighting.severity === null && controls.some((control) => allows(control, behaviour.identity, sighting, concerned))
    const rest = [...behaviour.sightings.values()].filter(
      (sighting) => sighting.class === 'detection' && !isSpokenOf(sighting) && !isAllowed(sighting),
    )
    if (rest.length > 0) findings.push(finding(null, behaviour, rest, concerned, 'unmapped', null, facts))
  }
  return findings.sort((a, b) => compare(a.control ?? '', b.control ?? '') || compare(a.fingerprint, b.fingerprint))
}

/** The control applies to every workload that is concerned and permits the act. */
function allows(
  { control, permits }: CompiledControl,
  identity: Identity,
  sighting: Sighting,
  concerned: readonly string[],
): boolean {
  return concerned.every((workload) => control.workloads.includes(workload)) && permits(identity, sighting)
}

/** What the control says of the behaviour: null when it does not concern it or allows it. */
function bind(control: CompiledControl, behaviour: Behaviour, concerned: readonly string[], facts: Facts): Finding | null {
  const { identity, sightings } = behaviour
  const affected = concerned.filter((workload) => control.control.workloads.includes(workload))
  if (affected.length === 0) return null
  const sighted: Sighting[] = []
  const reasons = new Set<Finding['because']>()
  for (const sighting of sightings.values()) {
    const isMapped = sighting.class === 'detection' && control.maps(sighting)
    const rejection = control.rejects(identity, sighting)
    if (isMapped) reasons.add('evidence')
    else if (rejection) reasons.add(rejection.because)
    else continue
    const isSure = isMapped || (rejection?.sure === true && isTargetKnown(identity))
    sighted.push(isSure ? sighting : { ...sighting, confidence: Math.min(sighting.confidence, UNKNOWN_TARGET_CONFIDENCE) })
  }
  const because = strongest.find((reason) => reasons.has(reason))
  if (because === undefined) return null
  const excepted = control.excepts(identity, sighted, affected)
  return finding(control, behaviour, sighted, affected, because, excepted, facts)
}

const strongest: readonly Finding['because'][] = ['evidence', 'denied', 'not_allowed']

function finding(
  control: CompiledControl | null,
  { fingerprint, identity, samples }: Behaviour,
  sighted: readonly Sighting[],
  workloads: readonly string[],
  because: Finding['because'],
  excepted: string | null,
  facts: Facts,
): Finding {
  const attributed = identity.workload !== null
  const confidence = Math.min(
    Math.max(...sighted.map((sighting) => sighting.confidence)),
    attributed ? 1 : UNATTRIBUTED_CONFIDENCE,
  )
  // A sensor without a scale must not be outvoted by a milder one: seeing more never makes a verdict better.
  const seen = sighted.reduce<Severity | null>((worst, { severity }) => worseSeverity(worst, severity ?? UNKNOWN_SEVERITY), null)
  const times = sighted.flatMap(({ first, last }) => (first === null || last === null ? [] : [first, last])).sort()
  return {
    control: control?.control.id ?? null,
    fingerprint,
    identity,
    workloads: [...workloads].sort(),
    attributed,
    because,
    severity: control?.control.severity ?? seen ?? UNKNOWN_SEVERITY,
    confidence,
    placed: sighted.some(({ minute }) => minute !== null),
    excepted,
    waivedBy: [],
    recurrence: recurrenceOf(fingerprint, facts),
    count: sum(sighted),
    first: times[0] ?? null,
    last: times.at(-1) ?? null,
    sensors: bySensor(sighted),
    effects: {
      prevented: sum(sighted.filter(({ effect }) => effect === 'prevented')),
      terminated: sum(sighted.filter(({ effect }) => effect === 'terminated')),
      observed: sum(sighted.filter(({ effect }) => effect === 'observed')),
      unknown: sum(sighted.filter(({ effect }) => effect === 'unknown')),
    },
    samples: [...samples].map((sample) => ({ ...sample, ancestors: [...sample.ancestors], tags: [...sample.tags] })),
  }
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
      count: sum(group),
    }))
    .sort((a, b) => compare(a.sensor, b.sensor))
}

function sum(sighted: readonly Sighting[]): number {
  return sighted.reduce((total, { count }) => total + count, 0)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
