import { nsOf, timeText } from './clock.ts'
import { pods, type Pod } from './cluster.ts'
import type { Alert } from './falco.ts'
import type { Line } from './line.ts'
import { intrusions, keyReads, leaderElections } from './moments.ts'

const runtime = { name: 'containerd-shim', cmdline: 'containerd-shim -namespace k8s.io' }

/** Every rule of Falco that fired that day. */
export function alerts(): readonly Alert[] {
  return [
    ...intrusions.map(shell),
    ...leaderElections.map(apiServer),
    ...keyReads.map(ownKey),
    hostLogin,
    lateAttribution,
    otherDay,
  ]
}

/** The story of the day: Node's server in payments-api starts a shell. */
function shell({ at, command, pid }: (typeof intrusions)[number]): Alert {
  return {
    at: at + 386_114n,
    node: 'node-a',
    rule: 'Run shell untrusted',
    priority: 'Notice',
    says: 'A network service started a shell',
    tags: ['T1059.004', 'container', 'maturity_stable', 'mitre_execution', 'process', 'shell'],
    pod: pods.apiA,
    process: { exepath: '/usr/bin/bash', cmdline: `bash -c ${command}`, pid, uid: 1000 },
    parent: { name: 'node', cmdline: 'node /app/server.js' },
    event: { 'evt.type': 'execve', 'proc.aname[2]': 'containerd-shim', 'proc.aname[3]': 'systemd' },
  }
}

/** Goes on all day, and the manifest says why that is fine: the worker renews its leader lease. */
function apiServer(at: bigint): Alert {
  const { pid } = pods.worker.main
  return {
    at,
    node: 'node-b',
    rule: 'Contact K8S API Server From Container',
    priority: 'Notice',
    says: 'A container talked to the Kubernetes API server',
    tags: ['T1565', 'container', 'k8s', 'maturity_stable', 'mitre_discovery', 'network'],
    pod: pods.worker,
    process: { exepath: '/app/bin/worker', cmdline: 'worker --queue=settlements', pid, uid: 1000 },
    parent: runtime,
    event: {
      'evt.type': 'connect',
      'fd.name': `10.244.2.31:${35_000 + Number((at / 1_000_000_000n) % 20_000n)}->10.96.0.1:443`,
      'fd.sip': '10.96.0.1',
      'fd.sport': 443,
      'fd.l4proto': 'tcp',
      'fd.type': 'ipv4',
    },
  }
}

/** The database proxy reads its own TLS key when it starts: an exception in the manifest, not a waiver. */
function ownKey({ at, pod }: { readonly at: bigint; readonly pod: Pod }): Alert {
  return {
    at,
    node: pod.node,
    rule: 'Private key read in payments',
    priority: 'Warning',
    says: 'A private key was read',
    tags: ['T1552.004', 'container', 'filesystem', 'mitre_credential_access', 'payments'],
    pod,
    process: { exepath: '/usr/bin/pgbouncer', cmdline: `pgbouncer ${pod.main.arguments}`, pid: pod.main.pid, uid: 70 },
    parent: runtime,
    event: { 'evt.type': 'openat', 'fd.name': '/etc/ssl/private/db-proxy.key' },
  }
}

/** An operator logs in to the node itself: no workload of ours, so it is counted as out of scope. */
const hostLogin: Alert = {
  at: nsOf('2026-03-02T08:02:37.551Z', 90_412),
  node: 'node-a',
  rule: 'Read sensitive file untrusted',
  priority: 'Warning',
  says: 'A sensitive file was read by an unusual program',
  tags: ['T1555', 'container', 'filesystem', 'host', 'maturity_stable', 'mitre_credential_access'],
  pod: null,
  process: { exepath: '/usr/sbin/unix_chkpwd', cmdline: 'unix_chkpwd ops chkexpiry', pid: 60_981, uid: 0 },
  parent: { name: 'sudo', cmdline: 'sudo -i' },
  event: { 'evt.type': 'openat', 'fd.name': '/etc/shadow' },
}

/** A pod so young that Falco does not know it yet: it could be anybody's, so it concerns every workload. No control maps the rule. */
const lateAttribution: Alert = {
  at: nsOf('2026-03-02T03:15:21.006Z', 512_088),
  node: 'node-a',
  rule: 'Log file opened for writing by a new process',
  priority: 'Notice',
  says: 'A log file was opened for writing by a process younger than a second',
  tags: ['container', 'filesystem', 'payments'],
  pod: pods.dbProxy,
  attributed: false,
  process: {
    exepath: '/usr/bin/pgbouncer',
    cmdline: `pgbouncer ${pods.dbProxy.main.arguments}`,
    pid: pods.dbProxy.main.pid,
    uid: 70,
  },
  parent: runtime,
  event: { 'evt.type': 'openat', 'fd.name': '/var/log/pgbouncer/pgbouncer.log' },
}

/** Belongs to the next window: counted, not judged. */
const otherDay: Alert = { ...apiServer(nsOf('2026-03-03T00:04:10.733Z', 21_907)) }

/** A line cut off in the middle, as a rotated or crashed log leaves it: quarantined with its position, never skipped in silence. */
export function cutOff(whole: Line): Line {
  return { at: whole.at + 1n, text: whole.text.slice(0, whole.text.indexOf(timeText(whole.at).slice(0, 10)) - 9) }
}
