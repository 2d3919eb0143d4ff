import { timeText, type Nanoseconds } from './clock.ts'
import { CLUSTER, NAMESPACE, type Node, type Pod, type Process } from './cluster.ts'
import { jsonLine, type Fields, type Line } from './line.ts'

const UNSET_LOGIN = 4_294_967_295
/** When both nodes booted: Tetragon's process ids count from there. */
const BOOT = 1_771_999_200_000_000_000n

/** A process as Tetragon tells it: what was started, where, when, and by which process. */
export type Started = Process & {
  readonly pod: Pod | null
  readonly node: Node
  readonly at: Nanoseconds
  readonly cwd: string
  /** Brought into the container from outside (a probe, `kubectl exec`), not started by what runs in it. */
  readonly fromOutside?: boolean
}

export function mainProcess(pod: Pod): Started {
  return { ...pod.main, pod, node: pod.node, at: pod.startedAt, cwd: pod.cwd }
}

/** What starts a container's processes: the runtime on the host. */
export function runtimeOf(pod: Pod): Started {
  const process = {
    binary: '/usr/bin/containerd-shim-runc-v2',
    arguments: `-namespace k8s.io -id ${pod.containerId.slice(0, 12)}`,
  }
  return {
    ...process,
    uid: 0,
    pid: pod.main.pid - 61,
    pod: null,
    node: pod.node,
    at: pod.startedAt - 640_000_000n,
    cwd: '/run/containerd',
  }
}

export function execLine(process: Started, parent: Started): Line {
  return line('process_exec', process, parent, process.at, {})
}

export function exitLine(process: Started, parent: Started, at: Nanoseconds, status: number): Line {
  return line('process_exit', process, parent, at, { status, time: timeText(at) })
}

/** A hook of one of our tracing policies: they report, none of them blocks. */
export type Hook = {
  readonly function: string
  readonly args: readonly Fields[]
  readonly policy: string
  readonly message: string
}

export function hookLine(process: Started, parent: Started, at: Nanoseconds, hook: Hook): Line {
  return line('process_kprobe', process, parent, at, {
    function_name: hook.function,
    args: hook.args,
    action: 'KPROBE_ACTION_POST',
    policy_name: hook.policy,
    return_action: 'KPROBE_ACTION_POST',
    message: hook.message,
  })
}

function line(kind: string, process: Started, parent: Started, at: Nanoseconds, more: Fields): Line {
  const event = { process: processOf(process, parent), parent: processOf(parent, null), ...more }
  return { at, text: jsonLine({ [kind]: event, node_name: process.node, time: timeText(at), cluster_name: CLUSTER }) }
}

function processOf(process: Started, parent: Started | null): Fields {
  const { pod, pid, uid, cwd, binary } = process
  return {
    exec_id: idOf(process),
    pid,
    uid,
    cwd,
    binary,
    arguments: process.arguments,
    flags: 'execve clone',
    start_time: timeText(process.at),
    auid: UNSET_LOGIN,
    ...(pod && { pod: podOf(pod), docker: pod.containerId.slice(0, 31) }),
    ...(parent && { parent_exec_id: idOf(parent) }),
    tid: pid,
    ...(pod && { in_init_tree: process.fromOutside !== true }),
  }
}

function podOf(pod: Pod): Fields {
  const { name, workload, containerId, image, tag, imageDigest, startedAt } = pod
  return {
    namespace: NAMESPACE,
    name,
    container: {
      id: `containerd://${containerId}`,
      name: workload,
      image: { id: `${image}@sha256:${imageDigest}`, name: `${image}:${tag}` },
      start_time: `${timeText(startedAt).slice(0, 19)}Z`,
    },
    workload,
    workload_kind: 'Deployment',
  }
}

/** Base64 of node, time since boot and process id, as Tetragon builds it. */
function idOf({ node, at, pid }: Started): string {
  return Buffer.from(`${node}:${at - BOOT}:${pid}`).toString('base64')
}
