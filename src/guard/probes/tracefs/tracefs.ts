import { posix } from 'node:path'
import type { EventTime } from '../../../../core/model/time.ts'
import type { Attempt } from '../../model.ts'
import { Monotonic, timeOf } from '../clock.ts'
import { namesOf, noNames } from '../names.ts'
import {
  inForceOf,
  type ActivePolicy,
  type BlindSpot,
  type Coverage,
  type Heartbeat,
  type InForce,
  type Probe,
  type ProbeEvents,
  type Tier,
} from '../probe.ts'
import { actorOf, Processes, type Known } from '../procfs/processes.ts'
import { executableOf, folderOf, forksIn, processOfThread } from '../procfs/read.ts'
import { reasonOf } from '../reason.ts'
import { Instance, removeStale, type Counts } from './instance.ts'
import { openTracefs, type Tracefs } from './mount.ts'
import { pathFrom } from './path.ts'
import { Switchboard } from './switchboard.ts'
import type { Seen } from './sources.ts'

export type TracefsOptions = {
  /** Of each CPU. */
  readonly bufferKb?: number
  readonly lookMs?: number
  readonly beatMs?: number
}

/**
 * Watches through a ring buffer of its own in tracefs: every process, and what the policy needs of system calls, files and connections.
 * Without BPF and without anything native; it only observes. @see docs/formats/guard.md for what it cannot see
 */
export function tracefsProbe({ bufferKb = 4096, lookMs = 20, beatMs = 1000 }: TracefsOptions = {}): Probe {
  return new TracefsProbe(bufferKb, lookMs, beatMs)
}

type Waiting = { readonly ns: number; readonly seen: Seen }

class TracefsProbe implements Probe {
  readonly kind = 'tracefs'
  private readonly bufferKb: number
  private readonly lookMs: number
  private readonly beatMs: number
  private readonly processes = new Processes()
  private readonly threads = new Map<number, number>()
  private readonly killed = new Set<number>()
  private readonly clock = new Monotonic()
  private active: ActivePolicy | null = null
  private names = noNames
  private tracefs: Tracefs | null = null
  private instance: Instance | null = null
  private board: Switchboard | null = null
  private on: ProbeEvents | null = null
  private waiting: Waiting[] = []
  private timer: NodeJS.Timeout | null = null
  private beatAt = 0
  private counted: { readonly at: EventTime; readonly counts: Counts } | null = null
  private startedAt: EventTime = timeOf(0)
  private forksAtStart = 0
  private seenTasks = 0
  private unreadable = 0
  private untracked = 0
  private asked: { readonly tid: number; readonly address: string; readonly port: number } | null = null

  constructor(bufferKb: number, lookMs: number, beatMs: number) {
    this.bufferKb = bufferKb
    this.lookMs = lookMs
    this.beatMs = beatMs
  }

  async start(on: ProbeEvents): Promise<void> {
    this.on = on
    this.tracefs = await openTracefs()
    const removed = removeStale(this.tracefs.root)
    this.instance = new Instance(this.tracefs.root, this.bufferKb)
    this.board = new Switchboard(this.instance)
    if (this.active !== null) this.board.use(this.active.compiled.policy)
    this.startedAt = timeOf(Date.now())
    this.forksAtStart = forksIn() ?? 0
    this.counted = { at: this.startedAt, counts: { received: 0, dropped: 0 } }
    process.once('exit', this.atExit)
    this.instance.switchOn()
    this.processes.scan()
    if (removed.length > 0) this.fault(`removed what a guard that died had left in tracefs: ${removed.join(', ')}`, false)
    this.beatAt = Date.now()
    this.look()
  }

  async apply(active: ActivePolicy): Promise<InForce> {
    this.active = active
    this.names = namesOf(active.compiled)
    this.processes.useNames(this.names)
    this.board?.use(active.compiled.policy)
    return inForceOf(active)
  }

  /** Whatever ends this process, the kernel is not left with our buffers, as long as anything of ours still runs. */
  private readonly atExit = (): void => this.instance?.remove()

  async stop(): Promise<void> {
    process.off('exit', this.atExit)
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    const { instance, tracefs } = this
    this.instance = null
    this.tracefs = null
    if (instance !== null) {
      this.takeAll(instance, Number.POSITIVE_INFINITY)
      this.beat(instance)
      instance.remove()
    }
    await tracefs?.close()
  }

  coverage(): Coverage {
    const hooks = this.board?.hooks() ?? []
    const sees = (serves: string): boolean => hooks.some((hook) => hook.serves === serves && hook.state === 'attached')
    const tier = (serves: string): Tier => (sees(serves) ? 'observe' : 'none')
    const misses = hooks.filter((hook) => hook.state !== 'attached' && !hook.isAbsent)
    return {
      tiers: { exec: tier('exec'), syscall: tier('syscall'), file: tier('file'), network: tier('network'), resource: 'sample' },
      hooks: hooks.map(({ name, state, why }) => ({ name, state, why })),
      blindSpots: [...blindAlways, ...blindBy(misses)],
    }
  }

  private look(): void {
    const { instance } = this
    if (instance === null) return
    let isMore = false
    try {
      isMore = this.takeAll(instance, Number(process.hrtime.bigint()))
      if (Date.now() - this.beatAt >= this.beatMs) this.beat(instance)
    } catch (error) {
      this.fault(`tracefs cannot be read: ${reasonOf(error)}`, true)
      return
    }
    this.timer = setTimeout(() => this.look(), isMore ? 0 : this.lookMs)
  }

  /** Events of all CPUs in the order of time; those that another CPU may still have something older for wait for the next look. */
  private takeAll(instance: Instance, until: number): boolean {
    const { waiting, board } = this
    const isMore = instance.read((ns, page, start, bytes) => {
      const seen = board?.read(page, start, bytes) ?? null
      if (seen !== null) waiting.push({ ns, seen })
    })
    waiting.sort((a, b) => a.ns - b.ns)
    const end = isMore ? waiting.length : firstAfter(waiting, until)
    for (const { ns, seen } of waiting.slice(0, end)) this.take(seen, ns)
    this.waiting = waiting.slice(end)
    return isMore
  }

  private take(seen: Seen, ns: number): void {
    switch (seen.kind) {
      case 'task':
        return this.made(seen, ns)
      case 'exec':
        return this.ran(seen, ns)
      case 'exit':
        return this.ended(seen, ns)
      case 'killed':
        this.killed.add(this.pidOf(seen.tid))
        return
      case 'syscall':
        return this.tell(seen.tid, ns, () => ({ type: 'syscall', name: seen.name }))
      case 'open':
        return this.tell(seen.tid, ns, (known) => this.opened(seen, known))
      case 'connect':
        return this.connected(seen, ns)
    }
  }

  private made({ tid, child, isThread }: Extract<Seen, { kind: 'task' }>, ns: number): void {
    this.seenTasks += 1
    const pid = this.pidOf(tid)
    if (isThread) this.threads.set(child, pid)
    else this.processes.forked(child, pid, String(ns))
  }

  /** The old program is the one that acts: what it starts is held against what it may start. */
  private ran({ tid, path }: Extract<Seen, { kind: 'exec' }>, ns: number): void {
    const pid = this.pidOf(tid)
    const before = this.processes.get(pid) ?? this.processes.found(pid)
    const program = programOf(path, pid)
    if (before === undefined || program === null) {
      this.untracked += 1
      return
    }
    // Of a program that is not listed nobody asks what it runs.
    if (!program.isItsOwn && this.names.lists(before.name)) this.unreadable += 1
    this.sighted(before, ns, { type: 'exec', path: program.path })
    this.processes.became(before, program.path)
  }

  private ended({ tid, isLast }: Extract<Seen, { kind: 'exit' }>, ns: number): void {
    const pid = this.pidOf(tid)
    this.threads.delete(tid)
    if (isLast === false || (isLast === null && tid !== pid)) return
    const known = this.processes.get(pid)
    const wasKilled = this.killed.delete(pid)
    if (known === undefined) return
    this.on?.end({ at: this.clock.timeOf(ns), process: known.process, pid, signal: wasKilled ? 'SIGKILL' : null })
    this.processes.gone(pid)
  }

  /** Where both are there, the call says where it wants to go first, and the kernel then says where TCP goes: one attempt. */
  private connected({ tid, to, protocol }: Extract<Seen, { kind: 'connect' }>, ns: number): void {
    const { asked } = this
    this.asked = protocol === null && to !== null ? { tid, ...to } : null
    if (to !== null && protocol === 'tcp' && asked?.tid === tid && asked.address === to.address && asked.port === to.port) return
    this.tell(tid, ns, () => (to === null ? null : { type: 'network', ...to, protocol }))
  }

  private opened({ path, folder, access }: Extract<Seen, { kind: 'open' }>, { pid }: Known): Attempt | null {
    const whole = path === null ? null : pathFrom(path, () => folderOf(pid, folder))
    return whole === null ? null : { type: 'file', path: whole, access }
  }

  /** `attempt` null: it could not be read what it was about. */
  private tell(tid: number, ns: number, attempt: (known: Known) => Attempt | null): void {
    const pid = this.pidOf(tid)
    if (pid === process.pid) return
    const known = this.processes.get(pid) ?? this.processes.found(pid)
    if (known === undefined) {
      this.untracked += 1
      return
    }
    const made = attempt(known)
    if (made !== null) this.sighted(known, ns, made)
    else if (this.names.lists(known.name)) this.unreadable += 1
  }

  private sighted(known: Known, ns: number, attempt: Attempt): void {
    this.on?.sighting(
      {
        at: this.clock.timeOf(ns),
        // Numbers that are given after something may have been lost would prove nothing.
        sequence: null,
        actor: actorOf(known),
        attempt,
        effect: 'observed',
        mechanism: 'tracefs',
      },
      { process: known.process, ancestors: known.ancestors },
    )
  }

  private pidOf(tid: number): number {
    const known = this.threads.get(tid)
    if (known !== undefined) return known
    if (this.processes.get(tid) !== undefined) return tid
    const pid = processOfThread(tid) ?? tid
    if (pid !== tid) this.threads.set(tid, pid)
    return pid
  }

  private beat(instance: Instance): void {
    const at = timeOf(Date.now())
    const { counted } = this
    const counts = instance.counts()
    this.beatAt = Date.now()
    this.counted = { at, counts }
    const dropped = counts.dropped - (counted?.counts.dropped ?? 0)
    if (dropped > 0) {
      const received = counts.received - (counted?.counts.received ?? 0)
      this.on?.loss({ from: counted?.at ?? at, to: at, dropped, received, reason: 'trace_buffer_full' })
      // What was lost may have been the start of processes: look again who runs.
      this.processes.scan()
      this.threads.clear()
    }
    this.on?.heartbeat(this.heartbeat(at, counts))
  }

  private heartbeat(at: EventTime, { received, dropped }: Counts): Heartbeat {
    const forks = forksIn()
    return {
      at,
      startedAt: this.startedAt,
      received,
      dropped,
      matched: null,
      unreadable: this.unreadable,
      untracked: this.untracked,
      seen: this.seenTasks,
      forks: forks === null ? null : forks - this.forksAtStart,
      nextSequence: null,
      inForce: this.active === null ? null : inForceOf(this.active),
    }
  }

  private fault(what: string, lasting: boolean): void {
    this.on?.fault({ at: timeOf(Date.now()), what, lasting })
  }
}

const blindAlways: readonly BlindSpot[] = [
  { id: 'io_uring', what: 'operations through io_uring, but for TCP connections', isCatalogued: true },
  { id: 'compat', what: 'system calls of 32-bit programs', isCatalogued: true },
  { id: 'toctou', what: 'a path that another thread changes between the call and our look at it', isCatalogued: true },
  { id: 'links', what: 'files that are reached by symbolic or hard links under another name', isCatalogued: true },
]

function blindBy(
  misses: readonly { readonly name: string; readonly serves: string; readonly why: string | null }[],
): readonly BlindSpot[] {
  return misses.map(({ name, why }) => ({
    id: `missing:${name}`,
    what: `${name} cannot be watched here: ${why ?? 'unknown'}`,
    isCatalogued: false,
  }))
}

type Program = { readonly path: string; readonly isItsOwn: boolean }

/**
 * A relative path, or one below /proc or /dev/fd, names no program by itself: then what runs is what the kernel says, as long as it
 * still runs. Null: neither is known.
 */
function programOf(path: string | null, pid: number): Program | null {
  if (path !== null && path.startsWith('/') && !path.startsWith('/proc/') && !path.startsWith('/dev/fd/'))
    return { path: posix.normalize(path), isItsOwn: true }
  const executable = executableOf(pid)
  if (executable !== null) return { path: executable, isItsOwn: true }
  return path === null ? null : { path, isItsOwn: false }
}

function firstAfter(waiting: readonly Waiting[], until: number): number {
  const first = waiting.findIndex(({ ns }) => ns > until)
  return first === -1 ? waiting.length : first
}
