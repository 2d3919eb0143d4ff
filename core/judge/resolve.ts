import type { Action } from '../model/act.ts'
import { durationMs } from '../model/duration.ts'
import type { Control, Exception, Manifest, RequiredSensor, Selection, Workload } from '../model/manifest.ts'
import type { Severity } from '../model/severity.ts'
import { compilePatterns } from '../patterns/glob.ts'
import { jcs, type JsonValue } from '../proof/jcs.ts'
import { sha256Hex } from '../proof/sha256.ts'

export type WorkloadClass = 'kubernetes' | 'vm' | 'serverless'
export type Stage = 'observe' | 'alert' | 'enforce'

/** A manifest with every default filled in. What may stay open is null, never missing. */
export type Resolved = {
  readonly scope: { readonly application: string; readonly environment: string; readonly cluster: string | null }
  readonly window: ResolvedWindow
  readonly workloads: readonly ResolvedWorkload[]
  readonly sensors: readonly ResolvedSensor[]
  readonly controls: readonly ResolvedControl[]
  readonly unmapped: { readonly severity: Severity; readonly verdict: 'review' | 'fail' | 'list' }
  readonly blind: 'inconclusive' | 'fail'
  readonly approvers: readonly ResolvedApprover[]
  readonly review: ResolvedReview
}

/** How people decide. */
export type ResolvedReview = {
  /** From this severity on a waiver takes two people; null: one suffices. */
  readonly twoPeopleFrom: Severity | null
  /** Watched windows without the finding that close its case. */
  readonly cleanWindows: number
  readonly dueMs: Readonly<Record<Severity, number>>
}

/** The cadence: the texts as `windowHolding` takes them, and the same in milliseconds. */
export type ResolvedWindow = {
  readonly every: string
  readonly offset: string
  readonly grace: string
  readonly everyMs: number
  readonly offsetMs: number
  readonly graceMs: number
}

export type ResolvedWorkload = {
  readonly name: string
  readonly namespace: string | null
  readonly class: WorkloadClass
  /** Null: it may run on any node. */
  readonly nodes: readonly string[] | null
}

export type ResolvedSensor = {
  readonly name: string
  /** Null: nobody said which instances there are, so one that never reported is not missed. */
  readonly nodes: readonly string[] | null
  readonly liveness: 'heartbeat' | 'activity'
  readonly intervalMs: number
  readonly maxDropRate: number
  readonly minCoverage: number
  /** Files that it must show to have loaded, by {@link policyName}; none: whatever it has loaded is fine. */
  readonly policies: readonly { readonly name: string; readonly digest: string }[]
}

/** What counts, and how many of them it takes. */
export type ResolvedThreshold = { readonly count: number; readonly severity: Severity; readonly confidence: number }

export type ResolvedControl = {
  readonly id: string
  readonly title: string
  readonly behaviour: Action
  readonly allow: Selection | null
  readonly deny: Selection | null
  readonly except: readonly Exception[]
  /** Sensor → globs of its rule or policy names, in the order of the sensors' names. */
  readonly evidence: ReadonlyMap<string, readonly string[]>
  /** The sensors that must have watched, in the order of their names, none twice. */
  readonly sensors: readonly string[]
  /** Keys ({@link workloadKey}) of the declared workloads that it applies to, in declared order. */
  readonly workloads: readonly string[]
  /** How far it looks back from the end of the window that is judged; null: over just that window. */
  readonly windowMs: number | null
  readonly thresholds: { readonly fail: ResolvedThreshold; readonly review: ResolvedThreshold }
  /** Null: the sensors' own severities count. */
  readonly severity: Severity | null
  readonly stage: Stage
  readonly frameworks: ReadonlyMap<string, readonly string[]>
  readonly owner: string | null
  readonly remediation: string | null
}

export type ResolvedApprover = { readonly name: string; readonly key: string; readonly roles: readonly string[] }

/** Any violation of severity low or more, seen with confidence 0.8 or more, fails; less goes to review. */
const FAIL: ResolvedThreshold = { count: 1, severity: 'low', confidence: 0.8 }
const REVIEW: ResolvedThreshold = { count: 1, severity: 'low', confidence: 0 }

/**
 * Fills in every default of a manifest: nothing else in the procedure knows one. The order of keys in the author's objects cannot
 * matter, because a manifest read back from canonical JSON must resolve alike.
 * @throws RunproofError `format.malformed` for a duration or an `appliesTo` glob that validation would have refused
 */
export function resolve(manifest: Manifest): Resolved {
  const { scope, unmapped, blind = 'inconclusive', approvers = [] } = manifest
  const window = windowOf(manifest)
  const workloads = scope.workloads.map(workloadOf)
  const sensors = manifest.sensors.map(sensorOf)
  return {
    scope: { application: scope.application, environment: scope.environment, cluster: scope.cluster ?? null },
    window,
    workloads,
    sensors,
    controls: manifest.controls.map((control) => controlOf(control, workloads, sensors)),
    unmapped: { severity: unmapped?.severity ?? 'high', verdict: unmapped?.verdict ?? 'review' },
    blind,
    approvers: approvers.map(({ name, key, roles = [] }) => ({ name, key, roles })),
    review: reviewOf(manifest),
  }
}

/** A workload's name everywhere: `namespace/name`, or `name` alone where it has no namespace. */
export function workloadKey({
  namespace,
  name,
}: {
  readonly name: string
  readonly namespace?: string | null | undefined
}): string {
  return namespace === null || namespace === undefined ? name : `${namespace}/${name}`
}

/** The declared workloads that `appliesTo` selects: everything it names must match; a workload pattern means its name or its key. */
export function selectWorkloads<W extends Omit<ResolvedWorkload, 'nodes'>>(
  appliesTo: Control['appliesTo'],
  workloads: readonly W[],
): readonly W[] {
  const { workloads: names, namespaces, classes } = appliesTo ?? {}
  const named = names && compilePatterns(names)
  const placed = namespaces && compilePatterns(namespaces)
  return workloads.filter(
    (workload) =>
      (!named || named(workload.name) || named(workloadKey(workload))) &&
      (!placed || (workload.namespace !== null && placed(workload.namespace))) &&
      (!classes || classes.includes(workload.class)),
  )
}

/** SHA-256 of the manifest's canonical JSON (RFC 8785), hex; defaults are not filled in: the digest is over what its author wrote. */
export function manifestDigest(manifest: Manifest): string {
  return sha256Hex(jcs(manifest as JsonValue))
}

/** SHA-256 of one control's canonical JSON, hex: a waiver is bound to it, so that a changed control is no longer waived. */
export function controlDigest(control: Control): string {
  return sha256Hex(jcs(control as JsonValue))
}

/** How long a case may wait for a person, by severity. */
const DUE: Readonly<Record<Severity, string>> = { critical: '24h', high: '3d', medium: '7d', low: '30d', info: '90d' }

function reviewOf({ review = {} }: Manifest): ResolvedReview {
  const { twoPeopleFrom = null, cleanWindows = 3, due = {} } = review
  const ms = (severity: Severity): number => durationMs(due[severity] ?? DUE[severity])
  return {
    twoPeopleFrom,
    cleanWindows,
    dueMs: { critical: ms('critical'), high: ms('high'), medium: ms('medium'), low: ms('low'), info: ms('info') },
  }
}

function windowOf({ window: { every = '24h', offset = '0m', grace = '10m' } = {} }: Manifest): ResolvedWindow {
  return { every, offset, grace, everyMs: durationMs(every), offsetMs: durationMs(offset), graceMs: durationMs(grace) }
}

function workloadOf({ name, namespace, class: kind = 'kubernetes', nodes }: Workload): ResolvedWorkload {
  return { name, namespace: namespace ?? null, class: kind, nodes: nodes ?? null }
}

function sensorOf({
  name,
  nodes,
  liveness = 'heartbeat',
  interval = '5m',
  maxDropRate = 0,
  minCoverage = 1,
  policies = {},
}: RequiredSensor): ResolvedSensor {
  return {
    name,
    nodes: nodes ?? null,
    liveness,
    intervalMs: durationMs(interval),
    maxDropRate,
    minCoverage,
    policies: Object.entries(policies)
      .map(([file, digest]) => ({ name: policyName(file), digest }))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.digest < b.digest ? -1 : 1)),
  }
}

/**
 * A rule file's name as sensors and people spell it, in one form: without its folders and `.yaml` or `.yml`, whatever is no letter, digit
 * or colon as `_`, none doubled and none at the end, `_yaml` taken off. `/etc/falco/falco_rules.yaml`, `falco_rules_yaml` and
 * `falco_rules` are one.
 */
export function policyName(file: string): string {
  return file
    .slice(file.lastIndexOf('/') + 1)
    .replaceAll(/[^A-Za-z0-9:]+/g, '_')
    .replace(/_+$/, '')
    .replace(/_ya?ml$/, '')
}

function controlOf(
  control: Control,
  workloads: readonly ResolvedWorkload[],
  sensors: readonly ResolvedSensor[],
): ResolvedControl {
  const { id, title, behaviour, thresholds } = control
  const evidence = inOrder(control.evidence)
  return {
    id,
    title,
    behaviour,
    allow: control.allow ?? null,
    deny: control.deny ?? null,
    except: control.except ?? [],
    evidence,
    sensors: requiredSensors(control, evidence, sensors),
    workloads: selectWorkloads(control.appliesTo, workloads).map(workloadKey),
    windowMs: control.window === undefined ? null : durationMs(control.window),
    thresholds: { fail: thresholdOf(thresholds?.fail, FAIL), review: thresholdOf(thresholds?.review, REVIEW) },
    severity: control.severity ?? null,
    stage: control.stage ?? 'observe',
    frameworks: inOrder(control.frameworks),
    owner: control.owner ?? null,
    remediation: control.remediation ?? null,
  }
}

type WrittenThreshold = NonNullable<NonNullable<Control['thresholds']>['fail']>

function thresholdOf(written: WrittenThreshold | undefined, or: ResolvedThreshold): ResolvedThreshold {
  return {
    count: written?.count ?? or.count,
    severity: written?.severity ?? or.severity,
    confidence: written?.confidence ?? or.confidence,
  }
}

/** Those that it names; else those in its evidence; else every required sensor, since any might have seen it. */
function requiredSensors(
  control: Control,
  evidence: ReadonlyMap<string, unknown>,
  sensors: readonly ResolvedSensor[],
): readonly string[] {
  const named = control.sensors ?? [...evidence.keys()]
  return [...new Set(named.length > 0 ? named : sensors.map(({ name }) => name))].sort()
}

function inOrder(record: Readonly<Record<string, readonly string[]>> | undefined): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
}
