import { minutes, nsOf, type Nanoseconds } from './clock.ts'
import { pods, WINDOW } from './cluster.ts'
import { randomOf } from './random.ts'

/** What happened when: the moments that both sensors saw, each from its own side. */
const random = randomOf(1407)

/** The request that should not have worked, tried twice. */
export const intrusions = [
  {
    at: nsOf('2026-03-02T14:07:12.418Z', 207_311),
    command: 'id; uname -a',
    pid: 61_544,
    tools: ['/usr/bin/id', '/usr/bin/uname'],
  },
  { at: nsOf('2026-03-02T14:07:58.902Z', 655_020), command: 'ls /app', pid: 61_579, tools: ['/usr/bin/ls'] },
] as const

/** The worker renews its leader lease about every two hours; the first time is half past one. */
export const leaderElections: readonly Nanoseconds[] = Array.from({ length: 12 }, (_, index) =>
  random.near(WINDOW.start + minutes(90 + index * 117), 20_000),
)

export const keyReads = [
  { at: nsOf('2026-03-02T03:15:20.402Z', 71_500), pod: pods.dbProxy },
  { at: nsOf('2026-03-02T18:00:04.119Z', 388_242), pod: pods.dbProxy },
] as const

/** The old settlement host that the worker still calls, six times that day. */
export const oldSettlements: readonly Nanoseconds[] = Array.from({ length: 6 }, (_, index) =>
  random.near(WINDOW.start + minutes(65 + index * 240), 40_000),
)

/** The worker settles a batch every three hours. */
export const batches: readonly Nanoseconds[] = Array.from({ length: 8 }, (_, index) =>
  random.near(WINDOW.start + minutes(60 + index * 180), 30_000),
)
