import { getSystemErrorMap } from 'node:util'
import type { EventTime } from '../../../../core/model/time.ts'
import type { ViolationType } from '../../model.ts'
import { timeOf } from '../clock.ts'
import {
  inForceOf,
  type ActivePolicy,
  type BlindSpot,
  type Coverage,
  type End,
  type Heartbeat,
  type Hook,
  type InForce,
  type Probe,
  type ProbeEvents,
  type Tier,
} from '../probe.ts'
import { builtSensor } from './binary.ts'
import { has, total, type KernelBeat, type KernelEvent } from './decode.ts'
import { Sensor, type SensorOptions } from './sensor.ts'
import { sensorPolicy, type Undecided } from './sensor-policy.ts'
import { Sightings, type Seen } from './sightings.ts'
import type { PolicyActive } from './words.ts'

export type EbpfOptions = Omit<SensorOptions, 'binary' | 'persist'> & {
  readonly binary?: string
  /** For learning: every act of a listed process, not only violations. */
  readonly emitAll?: boolean
}

/**
 * Watches by the sensor in bpf/: hooks in the kernel that see every guarded process, and refuse, end or tell what the policy forbids, as
 * far as this kernel allows. docs/formats/guard-sensor.md is what the two say to each other.
 */
export function ebpfProbe(options: EbpfOptions = {}): Probe {
  return new EbpfProbe(options)
}

/** A kill is told when the process is seen to have ended, at the latest after so many heartbeats. */
const MOST_BEATS = 2

class EbpfProbe implements Probe {
  readonly kind = 'ebpf'
  private readonly options: EbpfOptions
  private active: ActivePolicy | null = null
  private inForce: InForce | null = null
  private sensor: Sensor | null = null
  private sightings: Sightings | null = null
  private on: ProbeEvents | null = null
  private promised: PolicyActive | null = null
  private undecided: readonly Undecided[] = []
  private readonly killed = new Map<string, { readonly seen: Seen[]; beats: number }>()
  private received = 0n
  private counted: { readonly at: EventTime; readonly received: bigint; readonly dropped: bigint } | null = null
  private startedAt: EventTime = timeOf(0)
  private isStopping = false

  constructor(options: EbpfOptions) {
    this.options = options
  }

  async start(on: ProbeEvents): Promise<void> {
    this.on = on
    this.isStopping = false
    this.received = 0n
    this.startedAt = timeOf(Date.now())
    this.counted = { at: this.startedAt, received: 0n, dropped: 0n }
    const persist = this.active?.compiled.policy.persist === true && this.active.mode === 'enforce'
    const early: KernelEvent[] = []
    const sensor = await Sensor.start(
      { ...this.options, binary: this.options.binary ?? builtSensor, persist },
      {
        event: (event) => (this.sightings === null ? void early.push(event) : this.take(event)),
        heartbeat: (beat, isLast) => this.beat(beat, isLast),
        fault: (what) => this.fault(what, false),
        modeActive: ({ why }) => {
          if (why === 'host_silent')
            this.fault('the sensor heard nothing from the guard for too long: everything is audit now', false)
        },
        ended: (how) => this.ended(how),
      },
    )
    this.sensor = sensor
    this.sightings = new Sightings(sensor.hello)
    for (const event of early) this.take(event)
    if (this.active === null) return
    try {
      await this.apply(this.active)
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async apply(active: ActivePolicy): Promise<InForce> {
    const { sensor, sightings } = this
    if (sensor !== null && sightings !== null) {
      const policy = sensorPolicy(active.compiled, {
        generation: active.generation,
        modeOf: (process) => active.processModes.get(process) ?? active.mode,
        emitAll: this.options.emitAll ?? false,
      })
      // Known before the first event of it can come.
      sightings.usePolicy(policy)
      this.promised = await sensor.setPolicy(policy)
      this.undecided = policy.undecided
      this.inForce = inForceOf(active)
    }
    this.active = active
    return inForceOf(active)
  }

  async stop(): Promise<void> {
    this.isStopping = true
    const { sensor } = this
    await sensor?.stop()
    for (const process of [...this.killed.keys()]) this.release(process, null)
    if (this.sensor === sensor) this.sensor = null
  }

  coverage(): Coverage {
    const hello = this.sensor?.hello ?? null
    const tiers = this.promised?.tiers ?? hello?.tiers ?? null
    const tier = (type: 'exec' | 'file' | 'network' | 'syscall'): Tier => {
      if (tiers === null) return 'none'
      // What only the host can decide is only seen: by then it has happened.
      return this.undecided.some((each) => each.type === type) ? 'observe' : tiers[type]
    }
    return {
      tiers: {
        exec: tier('exec'),
        syscall: tier('syscall'),
        file: tier('file'),
        network: tier('network'),
        resource: 'sample',
      } satisfies Record<ViolationType, Tier>,
      hooks: (hello?.hooks ?? []).filter(({ state }) => state !== 'spare').map(hookOf),
      blindSpots: blindSpots,
    }
  }

  private take(event: KernelEvent): void {
    const { sightings, on } = this
    this.received += 1n
    if (sightings === null || on === null) return
    if (event.kind === 'process') {
      if (has(event, 'bound')) sightings.bound(event)
      if (has(event, 'ended')) this.gone(sightings.ended(event))
      return
    }
    const seen = sightings.seen(event)
    if (seen === null) return
    const { process } = seen.more
    if (seen.sighting.effect !== 'unknown' || process === undefined) {
      on.sighting(seen.sighting, seen.more)
      return
    }
    // A request to kill is no outcome: the end of the process is, and it comes within moments.
    const waiting = this.killed.get(process) ?? { seen: [], beats: 0 }
    waiting.seen.push(seen)
    this.killed.set(process, waiting)
  }

  private gone(end: End): void {
    this.release(end.process, end.signal)
    this.on?.end(end)
  }

  private release(process: string, signal: string | null): void {
    const waiting = this.killed.get(process)
    this.killed.delete(process)
    for (const { sighting, more } of waiting?.seen ?? [])
      if (signal === 'SIGKILL') this.on?.sighting({ ...sighting, effect: 'terminated' }, { ...more, signal })
      else this.on?.sighting(sighting, more)
  }

  private beat(beat: KernelBeat, isLast: boolean): void {
    const { on, sightings, sensor } = this
    sightings?.useClocks(beat.realtimeNs, beat.bootNs)
    if (on === null || sightings === null) return
    sensor?.ping()
    for (const [process, waiting] of this.killed) if (++waiting.beats > MOST_BEATS) this.release(process, null)
    const at = sightings.timeOf(beat.bootNs)
    const dropped = total(beat, 'dropped')
    if (beat.sent !== this.received) this.fault(`the sensor sent ${beat.sent} events, and ${this.received} came`, false)
    // Only the last account is made when nothing can be made any more: then it must add up, to the event.
    if (isLast && this.received + dropped !== beat.nextSequence)
      this.fault(`of ${beat.nextSequence} events ${this.received} came and ${dropped} were dropped: that does not add up`, false)
    this.tellLoss(at, dropped)
    on.heartbeat(this.heartbeatOf(at, beat, dropped))
  }

  private tellLoss(at: EventTime, dropped: bigint): void {
    const { counted } = this
    if (counted !== null && dropped > counted.dropped)
      this.on?.loss({
        from: counted.at,
        to: at,
        dropped: Number(dropped - counted.dropped),
        // As in counters: with what was dropped.
        received: Number(this.received - counted.received + dropped - counted.dropped),
        reason: 'ring_full',
      })
    this.counted = { at, received: this.received, dropped }
  }

  private heartbeatOf(at: EventTime, beat: KernelBeat, dropped: bigint): Heartbeat {
    const hello = this.sensor?.hello
    const blind = (names: ReadonlySet<string>): number =>
      Number(beat.blind.reduce((sum, count, i) => (names.has(hello?.blind[i] ?? '') ? sum + count : sum), 0n))
    const untracked = blind(lostProcesses)
    return {
      at,
      startedAt: this.startedAt,
      received: Number(this.received + dropped),
      dropped: Number(dropped),
      matched: Number(total(beat, 'violated')),
      unreadable: blind(unjudged),
      untracked,
      seen: Number(beat.forks) - untracked,
      forks: Number(beat.forks),
      nextSequence: Number(beat.nextSequence),
      inForce: this.inForce,
    }
  }

  private ended(how: string): void {
    if (!this.isStopping) this.fault(how, false)
    this.sensor = null
  }

  private fault(what: string, lasting: boolean): void {
    this.on?.fault({ at: timeOf(Date.now()), what, lasting })
  }
}

/** Each of these was an act that nobody could judge; `entry_unreadable` is not among them, because the file itself was judged later. */
const unjudged: ReadonlySet<string> = new Set([
  'io_uring',
  'compat',
  'memfd_exec',
  'shared_files',
  'unreadable',
  'long_path',
  'no_scratch',
  'relative_name',
  'file_handle',
  'chroot',
])
const lostProcesses: ReadonlySet<string> = new Set(['untracked'])

function hookOf({ name, state, errno, note }: { name: string; state: string; errno: number; note: string | null }): Hook {
  if (state === 'attached') return { name, state: 'attached', why: null }
  const why = [note, errno === 0 ? null : (getSystemErrorMap().get(-errno)?.[0] ?? `errno ${errno}`)]
    .filter((part) => part !== null)
    .join(': ')
  return { name, state: state === 'missing' ? 'missing' : 'failed', why }
}

/** Of every host: what becomes of one of them here is counted, and counts against the moment in which it did. */
const blindSpots: readonly BlindSpot[] = [
  {
    id: 'io_uring',
    what: 'operations through io_uring where the kernel has no BPF LSM, but for connections',
    isCatalogued: true,
  },
  { id: 'compat', what: 'system calls of 32-bit programs, but for files that they open', isCatalogued: true },
  { id: 'names', what: 'removing, renaming and linking by relative names where the kernel has no BPF LSM', isCatalogued: true },
  { id: 'mapped', what: 'writes to a file that was mapped into memory, and files that were open before', isCatalogued: true },
]
