import { workloadKey, type Resolved, type ResolvedSensor } from '../../core/judge/resolve.ts'
import type { Hint } from './lint-rules.ts'
import type { Path } from './problem.ts'

/** What a required sensor cannot show about its own watching, and what the manifest forgives it. */
export function lintSensor(sensor: ResolvedSensor, path: Path, resolved: Resolved): Hint[] {
  return [...lintLiveness(sensor, path, resolved), ...lintTolerance(sensor, path), ...lintReach(sensor, path, resolved)]
}

/** Sensors whose event stream carries no periodic sign of life; for these any event is the only one. */
const withoutHeartbeat: ReadonlySet<string> = new Set(['tetragon', 'tracee', 'kubearmor'])

function lintLiveness({ name, liveness, intervalMs }: ResolvedSensor, path: Path, { window }: Resolved): Hint[] {
  const hints: Hint[] = []
  const minutes = Math.max(1, Math.floor(intervalMs / 60_000))
  const switchOn = `in falco.yaml: metrics: {enabled: true, interval: ${minutes}m, output_rule: true}`
  if (name === 'falco' && liveness === 'activity') {
    const message = 'Falco prints nothing while nothing happens: a quiet Falco counts as silent, and the window as inconclusive'
    hints.push({ rule: 'RP011', path: [...path, 'liveness'], message, fix: `write liveness: heartbeat, and ${switchOn}` })
  }
  if (name === 'falco' && liveness === 'heartbeat') {
    const message = 'Falco’s heartbeat is its metrics snapshot, which is off by default'
    hints.push({ rule: 'RP012', path: [...path, 'name'], message, fix: switchOn })
  }
  if (withoutHeartbeat.has(name) && liveness === 'heartbeat') {
    const message = `${name} sends no heartbeat of its own: all its minutes would be silent`
    hints.push({
      rule: 'RP013',
      path: [...path, 'name'],
      message,
      fix: 'write liveness: activity, with something on each node that causes an event per interval',
    })
  }
  if (2 * intervalMs > window.everyMs) {
    const message = `two signals may be longer apart than the window of ${window.every} is`
    hints.push({ rule: 'RP017', path: [...path, 'interval'], message, fix: 'shorten the interval or lengthen the window' })
  }
  return hints
}

function lintTolerance({ maxDropRate, minCoverage }: ResolvedSensor, path: Path): Hint[] {
  const hints: Hint[] = []
  if (maxDropRate > 0) {
    const message = `${percent(maxDropRate)} of the events may be lost: a violation can be among them, and the window still pass`
    hints.push({
      rule: 'RP014',
      path: [...path, 'maxDropRate'],
      message,
      fix: 'remove it, and give the sensor larger buffers or fewer rules',
    })
  }
  if (minCoverage < 1) {
    const message = `nobody need have watched ${percent(1 - minCoverage)} of the window, and it can still pass`
    hints.push({
      rule: 'RP015',
      path: [...path, 'minCoverage'],
      message,
      fix: 'remove it, or say in the description why that is enough',
    })
  }
  return hints
}

function lintReach({ name, nodes }: ResolvedSensor, path: Path, { workloads, controls }: Resolved): Hint[] {
  const hints: Hint[] = []
  const resting = controls.filter(({ sensors }) => sensors.includes(name))
  if (resting.length === 0) {
    const message = `no control rests on ${name}: its being blind changes nothing`
    hints.push({
      rule: 'RP018',
      path: [...path, 'name'],
      message,
      fix: 'name it under `sensors:` or `evidence:` of a control, or remove it here',
    })
  }
  if (nodes === null) {
    const message = `a node on which ${name} never reported is not missed`
    return [
      ...hints,
      { rule: 'RP010', path: [...path, 'name'], message, fix: 'list the nodes that it must watch under `nodes:`' },
    ]
  }
  const concerned = new Set(resting.flatMap((control) => control.workloads))
  for (const [index, workload] of workloads.entries()) {
    const unwatched = concerned.has(workloadKey(workload)) ? (workload.nodes ?? []).filter((node) => !nodes.includes(node)) : []
    if (unwatched.length === 0) continue
    const message = `${workloadKey(workload)} may run on ${unwatched.slice(0, 5).join(', ')}, where ${name} is not required to watch`
    hints.push({
      rule: 'RP016',
      path: ['scope', 'workloads', index, 'nodes'],
      message,
      fix: `add the node to the nodes of ${name}, or take it from the workload`,
    })
  }
  return hints
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}
