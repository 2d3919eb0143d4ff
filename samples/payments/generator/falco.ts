import { createHash } from 'node:crypto'
import { minutes, nsOf, timeOfDay, timeText, type Nanoseconds } from './clock.ts'
import { nameOf, NAMESPACE, nodes, WINDOW, type Node, type Pod } from './cluster.ts'
import { jsonLine, sorted, type Fields, type Line } from './line.ts'
import { randomOf } from './random.ts'

export type Alert = {
  readonly at: Nanoseconds
  readonly node: Node
  readonly rule: string
  readonly priority: 'Notice' | 'Warning'
  readonly says: string
  readonly tags: readonly string[]
  /** Null: an act on the host itself, outside of any container. */
  readonly pod: Pod | null
  /** False: Falco had not yet learned from the container runtime whose container it is, and prints null. */
  readonly attributed?: boolean
  readonly process: { readonly exepath: string; readonly cmdline: string; readonly pid: number; readonly uid: number }
  readonly parent: { readonly name: string; readonly cmdline: string }
  readonly event: Fields
}

/** A rule of Falco fired. The fields are those that the rule's output names; here every rule names what Runproof can use. */
export function alertLine({ at, node, rule, priority, says, tags, pod, attributed = true, process, parent, event }: Alert): Line {
  const fields = sorted({
    ...event,
    'evt.res': 'SUCCESS',
    'evt.time': at,
    'proc.name': nameOf(process.exepath),
    'proc.exepath': process.exepath,
    'proc.cmdline': process.cmdline,
    'proc.pid': process.pid,
    'proc.pname': parent.name,
    'proc.pcmdline': parent.cmdline,
    'proc.tty': 0,
    'user.uid': process.uid,
    'user.name': process.uid === 0 ? 'root' : null,
    'user.loginuid': -1,
    ...container(pod, attributed),
  })
  const shown = Object.entries(fields).map(
    ([name, value]) => `${name.replaceAll('.', '_')}=${typeof value === 'object' ? '<NA>' : String(value)}`,
  )
  const output = `${timeOfDay(at)}: ${priority} ${says} | ${shown.filter((pair) => !pair.startsWith('evt_time')).join(' ')}`
  return {
    at,
    text: jsonLine({
      hostname: node,
      output,
      output_fields: fields,
      priority,
      rule,
      source: 'syscall',
      tags,
      time: timeText(at),
    }),
  }
}

function container(pod: Pod | null, attributed: boolean): Fields {
  if (!pod) return { 'container.id': 'host', 'container.name': 'host' }
  const known = <T>(value: T): T | null => (attributed ? value : null)
  return {
    'container.id': pod.containerId.slice(0, 12),
    'container.name': known(pod.workload),
    'container.image.repository': known(pod.image),
    'container.image.tag': known(pod.tag),
    'k8s.ns.name': known(NAMESPACE),
    'k8s.pod.name': known(pod.name),
  }
}

const EVERY = minutes(5)
/** Node-b sends nothing in here: forty whole minutes without a heartbeat. */
export const SILENCE = { node: 'node-b', from: nsOf('2026-03-02T02:10:00Z'), to: nsOf('2026-03-02T02:50:00Z') } as const

const started: Readonly<Record<Node, Nanoseconds>> = {
  'node-a': nsOf('2026-02-27T06:12:40.318Z', 412_907),
  'node-b': nsOf('2026-02-27T06:12:44.902Z', 76_331),
}

/**
 * Falco's heartbeat on both nodes, from ten minutes before the window to ten minutes after it: a minute at the window's edge is
 * watched only if there is a heartbeat on either side. `alerts` are counted in `falco.rules.matches_total`, as Falco does.
 */
export function heartbeats(alerts: readonly Alert[]): readonly Line[] {
  return nodes.flatMap((node, index) => {
    const random = randomOf(500 + index)
    const lines: Line[] = []
    const countAt = (tick: Nanoseconds) =>
      Math.round((Number(tick - started[node]) / 1e9) * (node === 'node-a' ? 1904 : 1733)) + random.integer(0, 90_000)
    const first = WINDOW.start - 2n * EVERY
    let seen = { at: first - EVERY, count: countAt(first - EVERY) }
    for (let tick = first; tick <= WINDOW.end + 2n * EVERY; tick += EVERY) {
      const count = countAt(tick)
      const at = beatAt(node, tick, random.near(tick, 900))
      if (at === null) continue
      lines.push(
        snapshot(node, at, { count, previous: seen }, alerts.filter((alert) => alert.node === node && alert.at < at).length),
      )
      seen = { at, count }
    }
    return lines
  })
}

/** The last heartbeat before the silence comes just after its first second, the next just before its end: exactly forty minutes. */
function beatAt(node: Node, tick: Nanoseconds, usual: Nanoseconds): Nanoseconds | null {
  if (node !== SILENCE.node || tick < SILENCE.from || tick > SILENCE.to) return usual
  if (tick === SILENCE.from) return tick + 214_730_118n
  return tick === SILENCE.to ? tick - 187_402_655n : null
}

type Counted = { readonly count: number; readonly previous: { readonly at: Nanoseconds; readonly count: number } }

function snapshot(node: Node, at: Nanoseconds, { count, previous }: Counted, matches: number): Line {
  const rate = (count - previous.count) / (Number(at - previous.at) / 1e9)
  const fields = sorted({
    'evt.hostname': node,
    'evt.source': 'syscall',
    'evt.time': at,
    'falco.duration_sec': Number((at - started[node]) / 1_000_000_000n),
    'falco.evts_rate_sec': Math.round(rate * 10) / 10,
    'falco.kernel_release': '6.8.0-71-generic',
    'falco.num_evts': count,
    'falco.outputs_queue_num_drops': 0,
    'falco.reload_ts': started[node] + 341_207n,
    'falco.rules.matches_total': 57 + matches,
    'falco.sha256_rules_file.falco_rules_yaml': rulesDigest('falco_rules.yaml'),
    'falco.sha256_rules_file.payments_rules_yaml': rulesDigest('payments_rules.yaml'),
    'falco.start_ts': started[node],
    'falco.version': '0.41.0',
    'scap.engine_name': 'modern_bpf',
    'scap.n_drops': 0,
    'scap.n_drops_perc': 0,
    'scap.n_evts': count + 225,
  })
  return {
    at,
    text: jsonLine({
      hostname: node,
      output: 'Falco metrics snapshot',
      output_fields: fields,
      priority: 'Informational',
      rule: 'Falco internal: metrics snapshot',
      source: 'internal',
      time: timeText(at),
    }),
  }
}

/** A digest of the right shape: there are no such rule files behind the sample. */
function rulesDigest(file: string): string {
  return createHash('sha256').update(`runproof sample payments: ${file}`).digest('hex')
}
