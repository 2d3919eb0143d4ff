import { BLINDS, counters, event, flags, frame, FRAME_MAGIC, frameTypes, heartbeat, kinds, PROTOCOL } from './layout.ts'
import type { Counter, Kind } from './layout.ts'

/** One act as the kernel tells it: numbers where the sensor's HELLO has the words. */
export type KernelEvent = {
  readonly sequence: bigint
  readonly bootNs: bigint
  readonly generation: bigint
  readonly startNs: bigint
  readonly cgroup: bigint
  readonly pid: number
  readonly tid: number
  readonly parent: number
  readonly uid: number
  /** Of the system call; -1: none; below: `-2 - class`. */
  readonly number: number
  /** What an attempt returned, or the wait status of a process that ended. */
  readonly result: number
  readonly rule: number
  /** Its place in the policy. */
  readonly process: number
  readonly kind: Kind
  readonly effect: number
  readonly mechanism: number
  readonly mode: number
  readonly family: number
  readonly port: number
  readonly protocol: number
  readonly access: number
  readonly flags: number
  readonly compat: boolean
  readonly address: Uint8Array
  readonly name: string
  readonly path: string
}

export type KernelBeat = {
  readonly realtimeNs: bigint
  readonly bootNs: bigint
  readonly nextSequence: bigint
  /** Event frames that went before it. */
  readonly sent: bigint
  readonly ringUsed: bigint
  readonly ringSize: bigint
  readonly tracked: bigint
  readonly forks: bigint
  readonly execs: bigint
  readonly hooks: bigint
  readonly generation: bigint
  readonly policySha256: string
  readonly stats: Readonly<Record<Kind, Readonly<Record<Counter, bigint>>>>
  readonly blind: readonly bigint[]
}

export type Incoming =
  | { readonly type: 'event'; readonly event: KernelEvent }
  | { readonly type: 'heartbeat' | 'bye'; readonly beat: KernelBeat }
  | { readonly type: 'hello' | 'policyActive' | 'modeActive' | 'refused'; readonly body: unknown }

export type FrameFault =
  /** Nothing that follows can be read: the stream has lost its steps. */
  | 'magic'
  | 'version'
  | 'tooLong'
  /** This frame is left out, and counted. */
  | 'type'
  | 'payload'
  /** Frames that the sensor numbered did not come. */
  | 'gap'

/** No frame of the sensor is longer; HELLO is the longest. */
const LONGEST_FRAME = 256 * 1024
const fatal: ReadonlySet<FrameFault> = new Set(['magic', 'version', 'tooLong'])

/**
 * Takes the sensor's bytes in whatever pieces they come and hands on whole frames. It holds one incomplete frame at most. What it cannot
 * read is counted and told; after a fault that nothing can follow it takes no more.
 */
export class FrameReader {
  readonly faults: Record<FrameFault, number> = { magic: 0, version: 0, tooLong: 0, type: 0, payload: 0, gap: 0 }
  #rest: Buffer = Buffer.alloc(0)
  #next = 0n
  #isLost = false
  readonly #take: (incoming: Incoming) => void
  readonly #onFault: (fault: FrameFault) => void

  constructor(take: (incoming: Incoming) => void, onFault: (fault: FrameFault) => void) {
    this.#take = take
    this.#onFault = onFault
  }

  /** Bytes of a frame that has not come whole. */
  get waiting(): number {
    return this.#rest.length
  }

  push(chunk: Buffer): void {
    if (this.#isLost) return
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (bytes.length >= frame.size) {
      const length = this.#lengthOf(bytes)
      if (length === null) {
        this.#rest = Buffer.alloc(0)
        return
      }
      if (bytes.length < frame.size + length) break
      this.#frame(bytes, length)
      bytes = bytes.subarray(frame.size + length)
    }
    // A copy: a view of a small rest would keep the whole chunk alive.
    this.#rest = bytes.length === 0 ? Buffer.alloc(0) : Buffer.from(bytes)
  }

  #lengthOf(bytes: Buffer): number | null {
    if (bytes.readUInt32LE(frame.magic) !== FRAME_MAGIC) return this.#fault('magic')
    if (bytes.readUInt16LE(frame.version) !== PROTOCOL) return this.#fault('version')
    const length = bytes.readUInt32LE(frame.length)
    return length > LONGEST_FRAME ? this.#fault('tooLong') : length
  }

  #frame(bytes: Buffer, length: number): void {
    const sequence = bytes.readBigUInt64LE(frame.sequence)
    if (sequence !== this.#next) this.#fault('gap')
    this.#next = sequence + 1n
    const incoming = incomingOf(bytes.readUInt16LE(frame.type), bytes.subarray(frame.size, frame.size + length))
    if (typeof incoming === 'string') this.#fault(incoming)
    else this.#take(incoming)
  }

  #fault(fault: FrameFault): null {
    this.faults[fault] += 1
    this.#isLost ||= fatal.has(fault)
    this.#onFault(fault)
    return null
  }
}

function incomingOf(type: number, payload: Buffer): Incoming | 'type' | 'payload' {
  switch (type) {
    case frameTypes.event: {
      const read = eventOf(payload)
      return read === null ? 'payload' : { type: 'event', event: read }
    }
    case frameTypes.heartbeat:
    case frameTypes.bye: {
      const beat = beatOf(payload)
      return beat === null ? 'payload' : { type: type === frameTypes.bye ? 'bye' : 'heartbeat', beat }
    }
    case frameTypes.hello:
      return jsonOf('hello', payload)
    case frameTypes.policyActive:
      return jsonOf('policyActive', payload)
    case frameTypes.modeActive:
      return jsonOf('modeActive', payload)
    case frameTypes.refused:
      return jsonOf('refused', payload)
    default:
      return 'type'
  }
}

function jsonOf(type: 'hello' | 'policyActive' | 'modeActive' | 'refused', payload: Buffer): Incoming | 'payload' {
  try {
    return { type, body: JSON.parse(payload.toString('utf8')) as unknown }
  } catch {
    return 'payload'
  }
}

function eventOf(bytes: Buffer): KernelEvent | null {
  if (bytes.length < event.path || bytes.length > event.size) return null
  const pathLength = bytes.readUInt16LE(event.pathLength)
  const kind = kinds[bytes[event.kind] ?? 255]
  if (kind === undefined || pathLength !== bytes.length - event.path) return null
  const family = bytes[event.family] ?? 0
  if (family !== 0 && family !== 4 && family !== 6) return null
  const end = bytes.indexOf(0, event.name)
  return {
    sequence: bytes.readBigUInt64LE(event.sequence),
    bootNs: bytes.readBigUInt64LE(event.bootNs),
    generation: bytes.readBigUInt64LE(event.generation),
    startNs: bytes.readBigUInt64LE(event.startNs),
    cgroup: bytes.readBigUInt64LE(event.cgroup),
    pid: bytes.readUInt32LE(event.tgid),
    tid: bytes.readUInt32LE(event.tid),
    parent: bytes.readUInt32LE(event.parent),
    uid: bytes.readUInt32LE(event.uid),
    number: bytes.readInt32LE(event.number),
    result: bytes.readInt32LE(event.result),
    rule: bytes.readUInt32LE(event.rule),
    process: bytes.readUInt16LE(event.process),
    kind,
    effect: bytes[event.effect] ?? 0,
    mechanism: bytes[event.mechanism] ?? 0,
    mode: bytes[event.mode] ?? 0,
    family,
    port: bytes.readUInt16LE(event.port),
    protocol: bytes[event.protocol] ?? 0,
    access: bytes[event.access] ?? 0,
    flags: bytes[event.flags] ?? 0,
    compat: bytes[event.compat] !== 0,
    address: Uint8Array.prototype.slice.call(bytes, event.address, event.address + 16),
    name: bytes.toString('utf8', event.name, Math.min(end < 0 ? event.pathLength : end, event.pathLength)),
    path: bytes.toString('utf8', event.path, event.path + pathLength),
  }
}

function beatOf(bytes: Buffer): KernelBeat | null {
  if (bytes.length !== heartbeat.size) return null
  if (bytes.readUInt32LE(heartbeat.kinds) !== kinds.length || bytes.readUInt32LE(heartbeat.blinds) !== BLINDS) return null
  const at = (offset: number): bigint => bytes.readBigUInt64LE(offset)
  const statsOf = (kind: number): Record<Counter, bigint> =>
    Object.fromEntries(counters.map((name, i) => [name, at(heartbeat.stats + 8 * (kind * counters.length + i))])) as Record<
      Counter,
      bigint
    >
  return {
    realtimeNs: at(heartbeat.realtimeNs),
    bootNs: at(heartbeat.bootNs),
    nextSequence: at(heartbeat.nextSequence),
    sent: at(heartbeat.sent),
    ringUsed: at(heartbeat.ringUsed),
    ringSize: at(heartbeat.ringSize),
    tracked: at(heartbeat.tracked),
    forks: at(heartbeat.forks),
    execs: at(heartbeat.execs),
    hooks: at(heartbeat.hooks),
    generation: at(heartbeat.generation),
    policySha256: bytes.toString('hex', heartbeat.policySha256, heartbeat.policySha256 + 32),
    stats: Object.fromEntries(kinds.map((kind, i) => [kind, statsOf(i)])) as KernelBeat['stats'],
    blind: Array.from({ length: BLINDS }, (_, i) => at(heartbeat.blind + 8 * i)),
  }
}

/** Whether the kernel was sure. */
export function has(of: KernelEvent, flag: keyof typeof flags): boolean {
  return (of.flags & flags[flag]) !== 0
}

/** Over all kinds. */
export function total(beat: KernelBeat, counter: Counter): bigint {
  return kinds.reduce((sum, kind) => sum + beat.stats[kind][counter], 0n)
}
