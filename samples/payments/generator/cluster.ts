import { nsOf, type Nanoseconds } from './clock.ts'
import { randomOf } from './random.ts'

export const CLUSTER = 'prod-eu1'
export const NAMESPACE = 'payments'
export const WINDOW = { start: nsOf('2026-03-02T00:00:00Z'), end: nsOf('2026-03-03T00:00:00Z') } as const

export const nodes = ['node-a', 'node-b'] as const
export type Node = (typeof nodes)[number]

export type Process = { readonly binary: string; readonly arguments: string; readonly uid: number; readonly pid: number }

/** One running pod and its main process. */
export type Pod = {
  readonly name: string
  readonly workload: string
  readonly node: Node
  readonly cwd: string
  readonly image: string
  readonly tag: string
  readonly imageDigest: string
  readonly containerId: string
  readonly startedAt: Nanoseconds
  readonly main: Process
  /** What the kubelet runs in it to see whether it is well. */
  readonly probe: { readonly binary: string; readonly arguments: string }
}

const random = randomOf(20_260_302)
const server = { binary: '/usr/bin/node', arguments: '/app/server.js', uid: 1000 }
const api = {
  workload: 'payments-api',
  cwd: '/app',
  image: 'registry.example/payments/api',
  tag: '4.12.0',
  imageDigest: random.hex(64),
  probe: { binary: '/usr/bin/node', arguments: '/app/healthcheck.js --timeout=2000' },
} as const

const bouncer = { binary: '/usr/bin/pgbouncer', arguments: '/etc/pgbouncer/pgbouncer.ini', uid: 70 }
const dbProxy = {
  workload: 'payments-db-proxy',
  node: 'node-a',
  cwd: '/',
  image: 'registry.example/payments/db-proxy',
  tag: '1.24.1',
  imageDigest: random.hex(64),
  probe: { binary: '/usr/bin/pg_isready', arguments: '-q -h 127.0.0.1 -p 6432' },
} as const

export const pods = {
  apiA: pod(
    { ...api, name: 'payments-api-6d5f7c9b84-x2k4q', node: 'node-a', main: { ...server, pid: 41_207 } },
    '2026-02-27T09:14:51.208Z',
  ),
  apiB: pod(
    { ...api, name: 'payments-api-6d5f7c9b84-m7t9z', node: 'node-b', main: { ...server, pid: 38_864 } },
    '2026-02-27T09:14:53.611Z',
  ),
  worker: pod(
    {
      name: 'payments-worker-7f98d6c5b4-hq8rn',
      workload: 'payments-worker',
      node: 'node-b',
      cwd: '/app',
      image: 'registry.example/payments/worker',
      tag: '4.12.0',
      imageDigest: random.hex(64),
      main: { binary: '/app/bin/worker', arguments: '--queue=settlements', uid: 1000, pid: 39_412 },
      probe: { binary: '/app/bin/worker', arguments: '--health' },
    },
    '2026-02-27T09:15:02.377Z',
  ),
  /** Replaced at 03:15 by the next one: another pod and container, the same workload. */
  dbProxyBefore: pod(
    { ...dbProxy, name: 'payments-db-proxy-5c7b9d8f66-8sn2c', main: { ...bouncer, pid: 40_733 } },
    '2026-02-27T09:15:10.902Z',
  ),
  dbProxy: pod(
    { ...dbProxy, name: 'payments-db-proxy-5c7b9d8f66-w4vjd', main: { ...bouncer, pid: 52_118 } },
    '2026-03-02T03:15:20.144Z',
  ),
} as const

function pod(fields: Omit<Pod, 'containerId' | 'startedAt'>, startedAt: string): Pod {
  return { ...fields, containerId: random.hex(64), startedAt: nsOf(startedAt) }
}

/** The last part of the binary's path: what the kernel calls the process. */
export function nameOf(binary: string): string {
  return binary.slice(binary.lastIndexOf('/') + 1)
}
