import type { Behaviour } from '../model/behaviour.ts'
import { RunproofError } from '../model/errors.ts'
import type { CoverageState, CoverageTotals, InstanceCoverage, Run, Watched } from '../model/judgement.ts'
import type { Coverage } from '../model/judgement.ts'
import { instantMs, instantOf, MINUTE_MS } from '../model/time.ts'
import type { Instance, Watch } from '../model/watch.ts'
import { minutesIn, type Window } from '../model/window.ts'
import { coverLimits } from './limits.ts'
import { blindMinutes, type MinuteStates, type Watching } from './liveness.ts'
import { workloadKey, type Resolved, type ResolvedControl, type ResolvedSensor, type ResolvedWorkload } from './resolve.ts'
import { scopeTies } from './scopes.ts'

export type Covered = {
  readonly coverage: Coverage
  /** Control id → what each of its required sensors saw of each of its workloads. */
  readonly watched: ReadonlyMap<string, readonly Watched[]>
  /** Control id → the instances that had to be watching for it, as indexes into `coverage.instances`. */
  readonly required: ReadonlyMap<string, readonly number[]>
  /** Names of limits that were passed: such a window cannot pass. */
  readonly overflow: readonly string[]
}

type Instanced = { readonly summary: InstanceCoverage; readonly statesFor: Watching['statesFor'] }
type Instances = { readonly listed: readonly Instanced[]; readonly unlisted: number; readonly overflow: readonly string[] }
type Tie = (scope: string | null) => string | null

/**
 * Counts coverage positively: every (control × workload × required sensor × minute) is exactly one of observed, degraded, silent,
 * out of scope, and what was not seen to be watched is silent (SPEC C5). `behaviours` tie what a sensor throttled to a workload.
 * @throws RunproofError `coverage.does_not_add_up` when the parts differ from the declared population: then there is no report
 */
export function cover(
  resolved: Resolved,
  watch: Iterable<Watch>,
  window: Window,
  behaviours: Iterable<Pick<Behaviour, 'identity' | 'samples'>> = [],
): Covered {
  const { listed: instances, unlisted, overflow } = instancesOf(resolved, watch, window, scopeTies(resolved, behaviours))
  const minutes = minutesIn(window)
  const watched = new Map<string, readonly Watched[]>()
  const required = new Map<string, readonly number[]>()
  const totals = { population: 0, observed: 0, degraded: 0, silent: 0, outOfScope: 0 }
  const seen = new Map<string, Minutes>()

  for (const control of resolved.controls) {
    const rows = resolved.workloads.flatMap((workload) =>
      control.sensors.map((name) => ({ workload, sensor: sensorNamed(resolved, name) })),
    )
    const counted = rows.map(({ workload, sensor }) => {
      const key = JSON.stringify([workloadKey(workload), sensor.name])
      const counts = seen.get(key) ?? minutesSeen(workload, sensor, instances, minutes)
      seen.set(key, counts)
      return watchedBy(control, workload, sensor, counts, minutes)
    })
    for (const { observed, degraded, silent, outOfScope } of counted) {
      totals.observed += observed
      totals.degraded += degraded
      totals.silent += silent
      totals.outOfScope += outOfScope
    }
    totals.population += resolved.workloads.length * control.sensors.length * minutes
    watched.set(
      control.id,
      counted.filter(({ outOfScope }) => outOfScope === 0),
    )
    required.set(control.id, requiredInstances(control, rows, instances))
  }
  assertAddsUp(totals)
  return {
    coverage: { minutes, totals, instances: instances.map(({ summary }) => summary), unlisted },
    watched,
    required,
    overflow,
  }
}

/**
 * The required instances, whether they reported or not, and the first of those that reported without being required: whoever can make up
 * names of nodes can make up as many as he likes.
 */
function instancesOf(resolved: Resolved, watch: Iterable<Watch>, window: Window, tie: Tie): Instances {
  const reported = new Map<string, Instance & { signals: Watch[] }>()
  for (const signal of watch) {
    // Where a process ended says nothing of who was watching.
    if (signal.kind === 'end') continue
    const key = instanceKey(signal)
    const known = reported.get(key)
    if (known) known.signals.push(signal)
    else reported.set(key, { sensor: signal.sensor, node: signal.node, signals: [signal] })
  }
  const overflow = new Set<string>()
  const instances = resolved.sensors.flatMap((sensor) =>
    expectedNodes(sensor, resolved, reported.values(), overflow).map((node) =>
      instanced(
        sensor,
        { sensor: sensor.name, node },
        reported.get(instanceKey({ sensor: sensor.name, node }))?.signals ?? [],
        window,
        tie,
        true,
      ),
    ),
  )
  const declared = new Set(instances.map(({ summary }) => instanceKey(summary)))
  const others = [...reported].filter(([key]) => !declared.has(key)).sort(([a], [b]) => compare(a, b))
  for (const [, { signals, ...instance }] of others.slice(0, coverLimits.notRequired)) {
    const sensor = resolved.sensors.find(({ name }) => name === instance.sensor) ?? undeclaredSensor(instance.sensor)
    instances.push(instanced(sensor, instance, signals, window, tie, false))
  }
  return {
    listed: instances.sort((a, b) => compare(instanceKey(a.summary), instanceKey(b.summary))),
    unlisted: Math.max(0, others.length - coverLimits.notRequired),
    overflow: [...overflow],
  }
}

/**
 * Without declared nodes, those that reported; a sensor of which nothing was heard is one silent instance. And the nodes on which a
 * workload may run that the sensor has to watch, unless the sensor never tells where it is: on a node without it nobody is looking.
 */
function expectedNodes(
  sensor: ResolvedSensor,
  resolved: Resolved,
  reported: Iterable<Instance>,
  overflow: Set<string>,
): readonly (string | null)[] {
  const seen = [...reported].filter(({ sensor: name }) => name === sensor.name).map(({ node }) => node)
  const all = sensor.nodes ?? seen.sort((a, b) => compare(JSON.stringify(a), JSON.stringify(b)))
  const own = sensor.nodes ?? all.slice(0, coverLimits.reported)
  if (own.length < all.length) overflow.add('overflow/instances')
  if (!own.some((node) => node !== null)) return own.length > 0 ? own : [null]
  const watched = new Set(resolved.controls.filter(({ sensors }) => sensors.includes(sensor.name)).flatMap((it) => it.workloads))
  const needed = resolved.workloads.filter((workload) => watched.has(workloadKey(workload))).flatMap(({ nodes }) => nodes ?? [])
  return [...new Set([...own, ...needed])]
}

function undeclaredSensor(name: string): ResolvedSensor {
  return { name, nodes: null, liveness: 'activity', intervalMs: 300_000, maxDropRate: 0, minCoverage: 1, policies: [] }
}

function instanced(
  sensor: ResolvedSensor,
  instance: Instance,
  signals: readonly Watch[],
  window: Window,
  tie: Tie,
  required: boolean,
): Instanced {
  const { minutes, statesFor, facts } = blindMinutes(sensor, signals, window, tie)
  return { summary: { ...instance, required, ...facts, runs: runsOf(minutes, window) }, statesFor }
}

type Minutes = { readonly observed: number; readonly degraded: number; readonly silent: number }

/** A workload takes its worst instance, minute by minute. */
function minutesSeen(
  workload: ResolvedWorkload,
  sensor: ResolvedSensor,
  instances: readonly Instanced[],
  minutes: number,
): Minutes {
  const counts = { observed: 0, degraded: 0, silent: 0 }
  const name = workloadKey(workload)
  const watching = instances.filter(({ summary }) => watches(summary, workload, sensor)).map(({ statesFor }) => statesFor(name))
  for (let minute = 0; minute < minutes; minute++) {
    let worst: keyof Minutes = watching.length === 0 ? 'silent' : 'observed'
    for (const states of watching) {
      if (states[minute] === 'degraded' && worst === 'observed') worst = 'degraded'
      else if (states[minute] !== 'observed' && states[minute] !== 'degraded') worst = 'silent'
    }
    counts[worst]++
  }
  return counts
}

function watchedBy(
  control: ResolvedControl,
  workload: ResolvedWorkload,
  sensor: ResolvedSensor,
  seen: Minutes,
  minutes: number,
): Watched {
  const name = workloadKey(workload)
  const none = { observed: 0, degraded: 0, silent: 0, outOfScope: minutes }
  const counts = control.workloads.includes(name) ? { ...seen, outOfScope: 0 } : none
  // Rounded down: 0.99999 must not read as 1.
  const watched = counts.observed + counts.degraded
  const ratio = Math.floor((watched * 10_000) / minutes) / 10_000
  // A quotient, since 0.55 of 100 minutes is 55.00000000000001 as a product.
  const sufficient = watched / minutes >= sensor.minCoverage
  return { workload: name, sensor: sensor.name, ...counts, ratio, minCoverage: sensor.minCoverage, sufficient }
}

function watches(
  { sensor: name, node, required }: InstanceCoverage,
  workload: ResolvedWorkload,
  sensor: ResolvedSensor,
): boolean {
  return required && name === sensor.name && (workload.nodes === null || node === null || workload.nodes.includes(node))
}

function requiredInstances(
  control: ResolvedControl,
  rows: readonly { workload: ResolvedWorkload; sensor: ResolvedSensor }[],
  instances: readonly Instanced[],
): number[] {
  const applicable = rows.filter(({ workload }) => control.workloads.includes(workloadKey(workload)))
  return [...instances.keys()].filter((index) => {
    const instance = instances[index]
    return instance !== undefined && applicable.some(({ workload, sensor }) => watches(instance.summary, workload, sensor))
  })
}

function sensorNamed(resolved: Resolved, name: string): ResolvedSensor {
  // A manifest that requires an undeclared sensor does not validate; should one get here, nobody watched.
  return resolved.sensors.find((sensor) => sensor.name === name) ?? { ...undeclaredSensor(name), nodes: [] }
}

function runsOf({ states, why }: MinuteStates, window: Window): Run[] {
  const start = instantMs(window.start)
  const runs: { state: CoverageState; from: number; to: number; why: Set<string> }[] = []
  states.forEach((state, minute) => {
    const last = runs.at(-1)
    const reasons = why[minute] ?? []
    if (last?.state === state) {
      last.to = minute + 1
      for (const reason of reasons) last.why.add(reason)
    } else runs.push({ state, from: minute, to: minute + 1, why: new Set(reasons) })
  })
  const at = (minute: number): string => instantOf(start + minute * MINUTE_MS)
  return runs.map(({ state, from, to, why }) => ({
    state,
    from: at(from),
    to: at(to),
    why: state === 'observed' ? [] : [...why].sort(),
  }))
}

function assertAddsUp({ population, observed, degraded, silent, outOfScope }: CoverageTotals): void {
  const counted = observed + degraded + silent + outOfScope
  if (counted !== population) {
    throw new RunproofError(
      'coverage.does_not_add_up',
      `coverage counts ${counted} of a declared population of ${population}; no report is built on that`,
    )
  }
}

function instanceKey({ sensor, node }: Instance): string {
  return JSON.stringify([sensor, node])
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
