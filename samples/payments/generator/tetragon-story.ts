import { minutes, type Nanoseconds } from './clock.ts'
import { nameOf, pods, WINDOW, type Pod } from './cluster.ts'
import type { Line } from './line.ts'
import { batches, intrusions, oldSettlements } from './moments.ts'
import { randomOf, type Random } from './random.ts'
import { execLine, exitLine, hookLine, mainProcess, runtimeOf, type Started } from './tetragon.ts'

/** Everything that Tetragon reported that day. */
export function tetragonLines(): readonly Line[] {
  return [
    ...probes(),
    ...restart(),
    ...intrusions.flatMap(shell),
    ...batches.flatMap(batch),
    ...oldSettlements.map(oldSettlement),
  ]
}

/**
 * The kubelet asks each pod every eight minutes whether it is well, and each node has two pods: something is reported from every
 * node at least every four minutes. Tetragon has no heartbeat, so these are its signs of life, also just outside the window.
 */
function probes(): readonly Line[] {
  const random = randomOf(480)
  const pairs = [
    (at: Nanoseconds) => [pods.apiA, at < pods.dbProxy.startedAt ? pods.dbProxyBefore : pods.dbProxy] as const,
    () => [pods.apiB, pods.worker] as const,
  ]
  return pairs.flatMap((podsAt, node) => {
    const lines: Line[] = []
    const from = WINDOW.start - minutes(6)
    for (let turn = 0; from + minutes(turn * 4) <= WINDOW.end + minutes(6); turn++) {
      const at = random.near(from + minutes(turn * 4) + BigInt(node * 41) * 1_000_000_000n, 2_000)
      const pod = podsAt(at)[turn % 2 === 0 ? 0 : 1]
      lines.push(...probe(pod, at, random, turn % 60 === 0))
    }
    return lines
  })
}

function probe(pod: Pod, at: Nanoseconds, random: Random, withExit: boolean): readonly Line[] {
  const process = {
    ...inPod(pod, { ...pod.probe, uid: pod.main.uid, pid: random.integer(62_000, 98_000) }, at),
    fromOutside: true,
  }
  const started = execLine(process, runtimeOf(pod))
  return withExit ? [started, exitLine(process, runtimeOf(pod), at + BigInt(random.integer(40, 180)) * 1_000_000n, 0)] : [started]
}

/** At 03:15 the database proxy is replaced. It starts as root and steps down to its own user: an exception in the manifest. */
function restart(): readonly Line[] {
  const { dbProxyBefore: before, dbProxy: after } = pods
  const started = { ...mainProcess(after), uid: 0 }
  const hook = (name: string, id: number) => ({
    function: `__x64_sys_${name}`,
    args: [{ int_arg: id, label: 'id' }],
    policy: 'privilege-changes',
    message: 'payments: user, group or capabilities changed',
  })
  return [
    exitLine(mainProcess(before), runtimeOf(before), after.startedAt - 2_870_000_000n, 0),
    execLine(started, runtimeOf(after)),
    hookLine(started, runtimeOf(after), after.startedAt + 31_400_000n, hook('setgid', 70)),
    hookLine(started, runtimeOf(after), after.startedAt + 31_900_000n, hook('setuid', 70)),
  ]
}

/** The same act that Falco's rule reported, as a plain exec: both name `/usr/bin/bash` in payments-api. */
function shell({ at, command, pid, tools }: (typeof intrusions)[number]): readonly Line[] {
  const parent = mainProcess(pods.apiA)
  const bash = inPod(pods.apiA, { binary: '/usr/bin/bash', arguments: `-c "${command}"`, uid: 1000, pid }, at)
  const commands = tools.map((binary, index) => {
    const argument = command.split('; ')[index]?.slice(nameOf(binary).length + 1) ?? ''
    return inPod(
      pods.apiA,
      { binary, arguments: argument, uid: 1000, pid: pid + 1 + index },
      at + BigInt(4 + 3 * index) * 1_000_000n,
    )
  })
  const runs = commands.map((tool) => execLine(tool, bash))
  return [execLine(bash, parent), ...runs, exitLine(bash, parent, at + 22_000_000n, 0)]
}

/** The batch at 04:00 carries a password on its command line, which Runproof must take out before anything is kept. */
function batch(at: Nanoseconds, index: number): readonly Line[] {
  const date = '2026-03-02'
  const secret = index === 1 ? ' --password=correct-horse' : ''
  const process = inPod(
    pods.worker,
    { binary: '/app/bin/settle', arguments: `--batch=${date}-${index + 1}${secret}`, uid: 1000, pid: 70_200 + index * 17 },
    at,
  )
  return [execLine(process, mainProcess(pods.worker)), exitLine(process, mainProcess(pods.worker), at + 9_400_000_000n, 0)]
}

/** The policy filters in the kernel and reports only connections to what is not on its list. */
function oldSettlement(at: Nanoseconds, index: number): Line {
  const { worker } = pods
  return hookLine(mainProcess(worker), runtimeOf(worker), at, {
    function: 'tcp_connect',
    args: [
      {
        sock_arg: {
          family: 'AF_INET',
          type: 'SOCK_STREAM',
          protocol: 'IPPROTO_TCP',
          saddr: '10.244.2.31',
          daddr: '198.51.100.23',
          sport: 41_206 + index * 977,
          dport: 8443,
          cookie: `184467${430_000 + index * 71}`,
          state: 'TCP_SYN_SENT',
        },
        label: 'sock',
      },
    ],
    policy: 'outbound-unlisted',
    message: 'payments: connection to a destination that is not on the list',
  })
}

function inPod(pod: Pod, process: Pick<Started, 'binary' | 'arguments' | 'uid' | 'pid'>, at: Nanoseconds): Started {
  return { ...process, pod, node: pod.node, at, cwd: pod.cwd }
}
