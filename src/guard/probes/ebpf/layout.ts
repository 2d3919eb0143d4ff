/**
 * The layout of bpf/guard.h, as this side reads it: protocol version 1, little endian, fixed widths. `layout.test.ts` compares every
 * number here with what a C compiler makes of that header.
 */
export const PROTOCOL = 1
export const FRAME_MAGIC = 0x31475052
export const POLICY_MAGIC = 0x42505052
export const CONTROL_LIMIT = 16 * 1024 * 1024
/** With the NUL at its end. */
export const NAME_BYTES = 64
/** Of a path in a rule: an LPM key holds no more. */
export const PATH_BYTES = 251
export const MOST_PROCESSES = 1024
export const NO_RULE = 0xffffffff

export const frameTypes = {
  hello: 1,
  event: 2,
  heartbeat: 3,
  policyActive: 4,
  modeActive: 5,
  refused: 6,
  bye: 7,
  setPolicy: 16,
  setMode: 17,
  ping: 18,
  stop: 19,
} as const

export const frame = { magic: 0, version: 4, type: 6, length: 8, generation: 12, sequence: 16, bootNs: 24, size: 32 } as const

export const event = {
  sequence: 0,
  bootNs: 8,
  generation: 16,
  startNs: 24,
  cgroup: 32,
  inode: 40,
  device: 48,
  tgid: 52,
  tid: 56,
  parent: 60,
  uid: 64,
  number: 68,
  result: 72,
  rule: 76,
  process: 80,
  port: 82,
  kind: 84,
  effect: 85,
  mechanism: 86,
  mode: 87,
  family: 88,
  protocol: 89,
  access: 90,
  flags: 91,
  address: 92,
  name: 108,
  pathLength: 172,
  compat: 174,
  path: 180,
  size: 440,
} as const

export const flags = {
  violation: 1,
  candidate: 2,
  byInode: 4,
  entryText: 8,
  inherited: 16,
  ended: 32,
  attempt: 64,
  bound: 128,
} as const

export const kinds = ['exec', 'file', 'network', 'syscall', 'process'] as const
export type Kind = (typeof kinds)[number]
export const counters = [
  'seen',
  'matched',
  'violated',
  'emitted',
  'dropped',
  'killed',
  'killFailed',
  'denied',
  'unreadable',
  'trackFailed',
] as const
export type Counter = (typeof counters)[number]
export const BLINDS = 16

export const heartbeat = {
  realtimeNs: 0,
  bootNs: 8,
  nextSequence: 16,
  sent: 24,
  ringUsed: 32,
  ringSize: 40,
  tracked: 48,
  forks: 56,
  execs: 64,
  hooks: 72,
  generation: 80,
  policySha256: 88,
  kinds: 120,
  blinds: 124,
  stats: 128,
  blind: 128 + kinds.length * counters.length * 8,
  size: 128 + (kinds.length * counters.length + BLINDS) * 8,
} as const

export const modeNumbers = { audit: 0, alert: 1, enforce: 2 } as const
export const ruleBits = { block: 1, allow: 2, maybeBlock: 4, maybeAllow: 8 } as const
export const policyFlags = { fileClosed: 1, execClosed: 2, netClosed: 4, emitAll: 8, descendants: 256 } as const
