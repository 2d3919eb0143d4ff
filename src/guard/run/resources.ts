import type { Violation } from '../model.ts'
import { timeOf } from '../probes/clock.ts'
import { actorOf, Processes, type Known } from '../probes/procfs/processes.ts'
import { pidsIn, residentOf, statOf } from '../probes/procfs/read.ts'
import { namesOf } from '../probes/names.ts'
import type { ActivePolicy, End, More } from '../probes/probe.ts'
import type { Sighting } from '../model.ts'

/** Ends a process for good. Throws what the system throws. */
export type Kill = (pid: number) => void

export type ResourcesOptions = {
  readonly proc?: string
  readonly kill?: Kill
  readonly now?: () => number
  /** A process that stays over a limit is told of again after so long. */
  readonly againMs?: number
  /** Judges what a process uses. */
  readonly check: (sighting: Sighting, more: More) => Violation | null
  readonly onEnd: (end: End) => void
}

type Measured = { readonly at: number; readonly ticks: number }
type Doomed = { readonly pid: number; readonly startTicks: number | null; readonly process: string; readonly until: number }

/** Linux tells processor time in hundredths of a second to every program. */
const TICK_MS = 10
/** So long an end that we asked for is looked out for. */
const END_MS = 10_000

/**
 * Measures memory and processor time of the processes that have a limit, once per call of `look`. In mode enforce what is over its limit
 * is killed, from outside of the kernel: the record says `terminated` only by the end that was seen.
 */
export class Resources {
  private readonly options: Required<ResourcesOptions>
  private readonly processes: Processes
  private readonly measured = new Map<string, Measured>()
  private readonly doomed = new Map<string, Doomed>()
  /** Who is over which limit, and when that was last told. */
  private readonly over = new Map<string, number>()
  private active: ActivePolicy | null = null

  constructor(options: ResourcesOptions) {
    this.options = { proc: '/proc', kill: (pid) => process.kill(pid, 'SIGKILL'), now: Date.now, againMs: 60_000, ...options }
    this.processes = new Processes(this.options.proc)
  }

  apply(active: ActivePolicy): void {
    this.active = active
    this.processes.useNames(namesOf(active.compiled))
  }

  /** Whether any entry has a limit: without one nothing is read. */
  get isNeeded(): boolean {
    return this.active?.compiled.processes.some(({ maxMemoryMb, maxCpuPercent }) => maxMemoryMb ?? maxCpuPercent) ?? false
  }

  look(): void {
    this.lookForEnds()
    if (!this.isNeeded) return
    const running = new Set(pidsIn(this.options.proc))
    for (const { pid, process } of [...this.processes.all()]) if (!running.has(pid)) this.forget(pid, process)
    for (const pid of running) {
      const known = this.current(pid)
      if (known !== undefined) this.measure(known)
    }
  }

  /** Whoever has this id now: of a process that became another program, or whose id was given away, nothing old is kept. */
  private current(pid: number): Known | undefined {
    if (pid === process.pid) return undefined
    const stat = statOf(pid, this.options.proc)
    if (stat === null) return undefined
    const before = this.processes.get(pid)
    const isSame = before !== undefined && before.startTicks === stat.startTicks && before.comm === stat.comm
    const known = isSame ? before : this.processes.found(pid)
    return known !== undefined && this.limits(known.name) ? known : undefined
  }

  private limits(name: string): boolean {
    const entry = this.active?.compiled.processFor(name) ?? null
    return entry !== null && ((entry.maxMemoryMb ?? 0) > 0 || (entry.maxCpuPercent ?? 0) > 0)
  }

  private measure(known: Known): void {
    const { proc, now } = this.options
    const stat = statOf(known.pid, proc)
    if (stat === null || stat.state === 'Z') return
    const at = now()
    const resident = residentOf(known.pid, proc)
    if (resident !== null) this.judge(known, { type: 'memory', megabytes: Math.round(resident / 104_857.6) / 10 })
    const before = this.measured.get(known.process)
    if (before !== undefined && at - before.at < TICK_MS) return
    this.measured.set(known.process, { at, ticks: stat.cpuTicks })
    if (before === undefined) return
    const percent = ((stat.cpuTicks - before.ticks) * TICK_MS * 100) / (at - before.at)
    this.judge(known, { type: 'cpu', percent: Math.round(percent * 10) / 10 })
  }

  private judge(known: Known, attempt: Sighting['attempt']): void {
    const { check, now } = this.options
    // Who is to be killed already is not told again and again.
    if (this.doomed.has(known.process)) return
    const isOver = this.isOver(known.name, attempt)
    const isKilled = isOver && this.modeOf(known.name) === 'enforce' && this.end(known)
    if (!isOver) this.over.delete(`${attempt.type} ${known.process}`)
    else if (!isKilled && this.wasTold(`${attempt.type} ${known.process}`)) return
    const more: More = { process: known.process, ancestors: known.ancestors }
    check(
      {
        at: timeOf(now()),
        sequence: null,
        actor: actorOf(known),
        attempt,
        effect: isKilled ? 'unknown' : 'observed',
        mechanism: isKilled ? 'sigkill' : 'procfs',
      },
      more,
    )
  }

  private wasTold(key: string): boolean {
    const { now, againMs } = this.options
    const told = this.over.get(key)
    if (told !== undefined && now() - told < againMs) return true
    this.over.set(key, now())
    return false
  }

  private isOver(name: string, attempt: Sighting['attempt']): boolean {
    const entry = this.active?.compiled.processFor(name) ?? null
    if (attempt.type === 'memory') return (entry?.maxMemoryMb ?? 0) > 0 && attempt.megabytes > (entry?.maxMemoryMb ?? 0)
    if (attempt.type === 'cpu') return (entry?.maxCpuPercent ?? 0) > 0 && attempt.percent > (entry?.maxCpuPercent ?? 0)
    return false
  }

  private modeOf(name: string): string | undefined {
    const entry = this.active?.compiled.processFor(name)?.name ?? name
    return this.active?.processModes.get(entry) ?? this.active?.mode
  }

  /** True when the signal went to the very process that was measured. Node has no pidfd: its start is compared right before. */
  private end(known: Known): boolean {
    const { proc, kill, now } = this.options
    const stat = statOf(known.pid, proc)
    if (stat === null || stat.startTicks !== known.startTicks || stat.state === 'Z' || known.pid <= 1) return false
    try {
      kill(known.pid)
    } catch {
      return false
    }
    const { pid, process, startTicks } = known
    this.doomed.set(process, { pid, process, startTicks, until: now() + END_MS })
    return true
  }

  /** Tells of ends by our signal; what does not end in time stays as it was told: asked for, not proven. */
  private lookForEnds(): void {
    const { proc, now, onEnd } = this.options
    for (const doomed of [...this.doomed.values()]) {
      const stat = statOf(doomed.pid, proc)
      // A zombie has ended; of one that nobody has waited for yet its status says by what.
      const isOver = stat === null || stat.startTicks !== doomed.startTicks || stat.state === 'Z' || stat.state === 'X'
      if (!isOver && now() < doomed.until) continue
      this.doomed.delete(doomed.process)
      if (isOver) onEnd({ at: timeOf(now()), process: doomed.process, pid: doomed.pid, signal: 'SIGKILL' })
    }
  }

  private forget(pid: number, process: string): void {
    this.processes.gone(pid)
    this.measured.delete(process)
    for (const type of ['memory', 'cpu']) this.over.delete(`${type} ${process}`)
  }
}
