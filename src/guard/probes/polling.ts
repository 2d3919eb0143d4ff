import type { EventTime } from '../../../core/model/time.ts'
import type { Attempt } from '../model.ts'
import { timeOf } from './clock.ts'
import { boundName, namesOf, noNames, type Names } from './names.ts'
import {
  inForceOf,
  type ActivePolicy,
  type BlindSpot,
  type Coverage,
  type Heartbeat,
  type InForce,
  type Probe,
  type ProbeEvents,
  type ProbeKind,
} from './probe.ts'
import { reasonOf } from './reason.ts'

/** A process in a list of those that run. */
export type Listed = {
  readonly pid: number
  readonly parent: number
  /** Unique over reuse of its id. */
  readonly process: string
  readonly executable: string | null
  /** What it is called where the executable is not known. */
  readonly comm: string
  readonly uid: number | null
  readonly cgroup: string | null
  readonly commandLine: string | null
}
/** What changed since the last look. A process that has become another program is both. */
export type Changes = { readonly appeared: readonly Listed[]; readonly gone: readonly Listed[] }
export type ProcessList = {
  /** Throws what the system throws when it cannot be read. */
  readonly look: () => Promise<Changes> | Changes
  /** How many were made since boot, where the system counts them. */
  readonly forks: () => number | null
}

export type PollingOptions = {
  readonly kind: Extract<ProbeKind, 'procfs' | 'table'>
  readonly list: ProcessList
  readonly lookMs: number
  readonly beatMs: number
  readonly blindSpots: readonly BlindSpot[]
  readonly now?: () => number
}

type Bound = Listed & { readonly name: string; readonly ancestors: readonly string[] }

/**
 * Looks at the list of processes again and again: what began and ended between two looks was not seen, and how many these were is all
 * that it can say about them. It only observes.
 */
export function pollingProbe(options: PollingOptions): Probe {
  return new PollingProbe(options)
}

class PollingProbe implements Probe {
  readonly kind: PollingOptions['kind']
  private readonly options: PollingOptions
  private readonly now: () => number
  private readonly bound = new Map<number, Bound>()
  private names: Names = noNames
  private active: ActivePolicy | null = null
  private on: ProbeEvents | null = null
  private timer: NodeJS.Timeout | null = null
  private isStopped = false
  private beatAt = 0
  private startedAt: EventTime = timeOf(0)
  private forksAtStart: number | null = null
  private seen = 0
  private isWell = true

  constructor(options: PollingOptions) {
    this.options = options
    this.kind = options.kind
    this.now = options.now ?? Date.now
  }

  async start(on: ProbeEvents): Promise<void> {
    this.on = on
    this.startedAt = timeOf(this.now())
    this.forksAtStart = this.options.list.forks()
    const { appeared } = await this.options.list.look()
    this.bindAll(appeared)
    this.beatAt = this.now()
    this.isStopped = false
    this.wait()
  }

  async apply(active: ActivePolicy): Promise<InForce> {
    this.active = active
    this.names = namesOf(active.compiled)
    this.bindAll([...this.bound.values()])
    return inForceOf(active)
  }

  async stop(): Promise<void> {
    this.isStopped = true
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
  }

  coverage(): Coverage {
    return {
      tiers: { exec: 'sample', syscall: 'none', file: 'none', network: 'none', resource: 'sample' },
      hooks: [{ name: `the list of processes, every ${this.options.lookMs} ms`, state: 'attached', why: null }],
      blindSpots: this.options.blindSpots,
    }
  }

  private wait(): void {
    this.timer = setTimeout(() => void this.look(), this.options.lookMs)
  }

  private async look(): Promise<void> {
    try {
      const { appeared, gone } = await this.options.list.look()
      if (this.isStopped) return
      const at = timeOf(this.now())
      // What became another program is in both lists, and did not end.
      const running = new Set(appeared.map(({ process }) => process))
      for (const process of gone) if (!running.has(process.process)) this.ended(process, at)
      for (const process of parentsFirst(appeared)) this.began(process, at)
      this.isWell = true
    } catch (error) {
      if (this.isWell)
        this.on?.fault({
          at: timeOf(this.now()),
          what: `the list of processes cannot be read: ${reasonOf(error)}`,
          lasting: false,
        })
      this.isWell = false
    }
    // Without a list there is no sign of life: whoever counts on us must see that.
    if (this.isWell && this.now() - this.beatAt >= this.options.beatMs) this.beat()
    if (!this.isStopped) this.wait()
  }

  private began(listed: Listed, at: EventTime): void {
    const itself = this.bound.get(listed.pid)
    const isNew = itself?.process !== listed.process
    const parent = this.bound.get(listed.parent)
    // Who acted is the program that it was before; of a new one that is its parent, if that still ran at the last look.
    const before = isNew ? parent : itself
    this.seen += isNew ? 1 : 0
    if (before !== undefined && isNew) this.tell(before, listed, { type: 'syscall', name: 'fork' }, at)
    if (before !== undefined && before.executable !== listed.executable)
      this.tell(before, listed, { type: 'exec', path: listed.executable ?? listed.comm }, at)
    this.bind(listed)
  }

  private tell({ name, executable, ancestors, pid: actor }: Bound, listed: Listed, attempt: Attempt, at: EventTime): void {
    const { pid, parent, uid, cgroup, process, commandLine } = listed
    const above = actor === pid ? ancestors : [executable ?? name, ...ancestors]
    this.on?.sighting(
      {
        at,
        sequence: null,
        actor: { name, pid, parent, uid, executable, cgroup },
        attempt,
        effect: 'observed',
        mechanism: this.kind,
      },
      { process, ancestors: above, ...(commandLine !== null && { commandLine }) },
    )
  }

  private ended({ pid, process }: Listed, at: EventTime): void {
    if (this.bound.get(pid)?.process !== process) return
    this.bound.delete(pid)
    this.on?.end({ at, process, pid, signal: null })
  }

  private bindAll(processes: readonly Listed[]): void {
    for (const process of parentsFirst(processes)) this.bind(process)
  }

  private bind(process: Listed): void {
    const parent = this.bound.get(process.parent)
    const program = process.executable ?? process.comm
    const name = boundName(program, parent?.name ?? null, this.names)
    const ancestors = parent === undefined ? [] : [parent.executable ?? parent.name, ...parent.ancestors].slice(0, 8)
    this.bound.set(process.pid, { ...process, name, ancestors })
  }

  private beat(): void {
    this.beatAt = this.now()
    const forks = this.options.list.forks()
    const isCounted = forks !== null && this.forksAtStart !== null
    const heartbeat: Heartbeat = {
      at: timeOf(this.now()),
      startedAt: this.startedAt,
      // What was not seen was not dropped: nobody made an event of it. How much that is, `seen` of `forks` says.
      received: null,
      dropped: null,
      matched: null,
      unreadable: null,
      untracked: null,
      seen: this.seen,
      forks: isCounted ? forks - (this.forksAtStart ?? 0) : null,
      nextSequence: null,
      inForce: this.active === null ? null : inForceOf(this.active),
    }
    this.on?.heartbeat(heartbeat)
  }
}

const DEEPEST = 100

function parentsFirst(processes: readonly Listed[]): readonly Listed[] {
  const byPid = new Map(processes.map((process) => [process.pid, process]))
  const ordered = new Set<Listed>()
  const visit = (process: Listed, depth: number): void => {
    const parent = byPid.get(process.parent)
    // Ids are reused: a list may hold a circle.
    if (parent !== undefined && !ordered.has(parent) && depth < DEEPEST) visit(parent, depth + 1)
    ordered.add(process)
  }
  for (const process of processes) if (!ordered.has(process)) visit(process, 0)
  return [...ordered]
}
