// What tests of the running guard begin with.
import type { Sighting, Violation } from '../model.ts'
import { compilePolicy, type CompiledPolicy } from '../policy/compile.ts'
import type { GuardPolicy, ProcessPolicy } from '../policy/model.ts'
import type { Coverage, Heartbeat, Probe, ProbeEvents } from '../probes/probe.ts'

export const sighting: Sighting = {
  at: '2026-01-01T09:00:00.500000000Z',
  sequence: 12,
  actor: {
    name: 'payments',
    pid: 4711,
    parent: 1,
    uid: 1000,
    executable: '/srv/payments',
    cgroup: '/system.slice/payments.service',
  },
  attempt: { type: 'exec', path: '/bin/sh' },
  effect: 'observed',
  mechanism: 'tracefs',
}

export const violation: Violation = {
  ...sighting,
  host: 'node-a',
  type: 'exec',
  rule: 'payments.allowed_exec',
  detail: '/bin/sh is not among the programs that it may run',
  severity: 'HIGH',
  action: 'logged',
  mode: 'audit',
}

export const heartbeat: Heartbeat = {
  at: '2026-01-01T09:00:10.000000000Z',
  startedAt: '2026-01-01T08:00:00.000000000Z',
  received: 100,
  dropped: 0,
  matched: null,
  unreadable: 0,
  untracked: 0,
  seen: 10,
  forks: 10,
  nextSequence: null,
  inForce: null,
}

export function policyOf(processes: Readonly<Record<string, ProcessPolicy>>, more: Partial<GuardPolicy> = {}): CompiledPolicy {
  return compilePolicy({
    version: '1.0',
    mode: 'audit',
    enforce: 'best_effort',
    matching: 'strict',
    persist: false,
    processes,
    alerts: { on_violation: [], on_critical: [] },
    ...more,
  })
}

const seesAll: Coverage = {
  tiers: { exec: 'observe', syscall: 'observe', file: 'none', network: 'observe', resource: 'sample' },
  hooks: [],
  blindSpots: [{ id: 'x', what: 'something that every such sensor misses', isCatalogued: true }],
}

/** A probe that does what a test tells it: what a kernel does cannot be told. */
export function handProbe(coverage: Coverage = seesAll): Probe & { on: ProbeEvents | null; starts: number; stops: number } {
  return {
    kind: 'tracefs',
    on: null,
    starts: 0,
    stops: 0,
    coverage: () => coverage,
    async start(on) {
      this.on = on
      this.starts += 1
    },
    async apply({ compiled, generation, mode }) {
      return { digest: compiled.digest, generation, mode }
    },
    async stop() {
      this.stops += 1
    },
  }
}
