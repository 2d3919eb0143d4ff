import { RunproofError } from '../../core/model/errors.ts'
import { eventTimeOfNanos, type EventTime } from '../../core/model/time.ts'
import { Handlers, type Handler } from './handlers.ts'
import type { ActionTaken, Actor, Attempt, Mode, Sighting, Violation } from './model.ts'
import { compilePolicy, type CompiledPolicy, type CompiledProcess } from './policy/compile.ts'
import {
  rulingOnCpu,
  rulingOnExec,
  rulingOnFile,
  rulingOnMemory,
  rulingOnNetwork,
  rulingOfKernel,
  rulingOnSyscall,
  type Outcome,
} from './policy/decide.ts'
import type { GuardPolicy } from './policy/model.ts'
import { Counts, type GuardStats } from './stats.ts'

export type GuardOptions = {
  readonly host?: string | null
  /** Violations that wait for handlers; more are counted and not handed on. Default 1024. */
  readonly queue?: number
  /** Milliseconds since 1970, for what is checked without a sensor. */
  readonly now?: () => number
}

/** Who acts: a name and a process id, and what else is known. */
export type Who = Pick<Actor, 'name' | 'pid'> & Partial<Actor>

/** What a sensor knows about an attempt; without one it was observed here and now. */
export type Seen = Partial<Pick<Sighting, 'at' | 'sequence' | 'effect' | 'mechanism'>> & Beside

/** What a sensor knows beyond the sighting. */
export type Beside = {
  /** The entry by which the kernel itself found a violation (by inode, say): it is one whatever the path says. */
  readonly rule?: string
  /** Names or executables, nearest first: the entry for descendants is found by them. */
  readonly ancestors?: readonly string[]
}

/**
 * Checks attempts against a policy. A check is synchronous, changes nothing but the counts, never throws and never waits: what it finds
 * is handed to the handlers afterwards. A process that the policy does not list is counted and not checked.
 */
export class Guard {
  #compiled: CompiledPolicy
  #mode: Mode | null = null
  readonly #modes = new Map<string, Mode>()
  readonly #counts: Counts
  readonly #handlers: Handlers
  readonly #host: string | null
  readonly #clock: () => EventTime

  /** @throws RunproofError `format.malformed` for a policy that `readPolicy` would refuse */
  constructor(policy: GuardPolicy | CompiledPolicy, { host = null, queue = 1024, now = Date.now }: GuardOptions = {}) {
    this.#compiled = compiled(policy)
    this.#host = host
    this.#clock = clockOf(now)
    this.#counts = new Counts(this.#clock())
    this.#counts.policy(this.#compiled.processes.map(({ name }) => name))
    this.#handlers = new Handlers(queue)
  }

  get policy(): CompiledPolicy {
    return this.#compiled
  }

  /** The mode that is in force where no process has its own. */
  get mode(): Mode {
    return this.#mode ?? this.#compiled.mode
  }

  /** The mode that is in force for an entry of the policy. */
  modeOf(process: string): Mode {
    return this.#modes.get(process) ?? this.mode
  }

  /** What was set for single entries while it ran. */
  get processModes(): ReadonlyMap<string, Mode> {
    return this.#modes
  }

  /**
   * Sets the mode of the policy, or of one entry; null goes back to what the policy says, or to the mode of the whole. It lasts over a
   * reload: what an operator set in an emergency is not undone by a file.
   * @throws RunproofError `usage` for a process that the policy does not list
   */
  setMode(mode: Mode | null, process?: string): void {
    if (process === undefined) {
      this.#mode = mode
      return
    }
    if (!this.#compiled.processes.some(({ name }) => name === process))
      throw new RunproofError('usage', `the policy lists no process ${JSON.stringify(process)}`)
    if (mode === null) this.#modes.delete(process)
    else this.#modes.set(process, mode)
  }

  /**
   * Replaces the policy between two checks, whole or not at all; counts and modes stay, but for modes of entries that are gone.
   * @throws RunproofError as the constructor; then the old policy is still in force
   */
  reload(policy: GuardPolicy | CompiledPolicy): void {
    const next = compiled(policy)
    this.#compiled = next
    const names = next.processes.map(({ name }) => name)
    this.#counts.policy(names)
    for (const process of this.#modes.keys()) if (!names.includes(process)) this.#modes.delete(process)
  }

  /** Calls the handler for every violation from now on, soon after its check; returns what ends that. What it throws is counted. */
  onViolation(handler: Handler): () => void {
    return this.#handlers.add(handler)
  }

  /** Resolves when every violation so far was handed on. */
  async drained(): Promise<void> {
    await this.#handlers.drained()
  }

  /** A copy: it does not change any more. */
  stats(): GuardStats {
    return this.#counts.stats(this.#handlers.counts)
  }

  /** A program that is to be run, by its path. */
  checkExec(who: Who, path: string, seen: Seen = NOTHING): Violation | null {
    const process = this.#processOf(who, seen)
    if (process === null) return null
    const outcome = rulingOnExec(process, path, this.#compiled.matching)
    return outcome === null ? this.#passed(process) : this.#found(process, who, outcome, { type: 'exec', path }, seen)
  }

  /** A system call by its name. */
  checkSyscall(who: Who, name: string, seen: Seen = NOTHING): Violation | null {
    const process = this.#processOf(who, seen)
    if (process === null) return null
    const outcome = rulingOnSyscall(process, name, this.#compiled.matching)
    return outcome === null ? this.#passed(process) : this.#found(process, who, outcome, { type: 'syscall', name }, seen)
  }

  /** A file that is to be opened or changed, by its path with links resolved. */
  checkFileAccess(who: Who, path: string, access: 'read' | 'write' | null = null, seen: Seen = NOTHING): Violation | null {
    const process = this.#processOf(who, seen)
    if (process === null) return null
    const outcome = rulingOnFile(process, path, this.#compiled.matching)
    return outcome === null ? this.#passed(process) : this.#found(process, who, outcome, { type: 'file', path, access }, seen)
  }

  /** A connection, or a message without one, to an IP address and a port. */
  checkNetwork(
    who: Who,
    address: string,
    port: number,
    protocol: 'tcp' | 'udp' | null = null,
    seen: Seen = NOTHING,
  ): Violation | null {
    const process = this.#processOf(who, seen)
    if (process === null) return null
    const outcome = rulingOnNetwork(process, address, port, this.#compiled.matching)
    return outcome === null
      ? this.#passed(process)
      : this.#found(process, who, outcome, { type: 'network', address, port, protocol }, seen)
  }

  /** Memory in use. */
  checkMemory(who: Who, megabytes: number, seen: Seen = NOTHING): Violation | null {
    const process = this.#processOf(who, seen)
    if (process === null) return null
    const outcome = rulingOnMemory(process, megabytes)
    return outcome === null ? this.#passed(process) : this.#found(process, who, outcome, { type: 'memory', megabytes }, seen)
  }

  /** Share of one CPU; several in full use are several hundred. */
  checkCpu(who: Who, percent: number, seen: Seen = NOTHING): Violation | null {
    const process = this.#processOf(who, seen)
    if (process === null) return null
    const outcome = rulingOnCpu(process, percent, this.#compiled.matching)
    return outcome === null ? this.#passed(process) : this.#found(process, who, outcome, { type: 'cpu', percent }, seen)
  }

  /** What a sensor saw. */
  check(sighting: Sighting, beside: Beside = NOTHING): Violation | null {
    const { actor, attempt } = sighting
    const process = this.#processOf(actor, beside)
    if (process === null) return null
    let outcome = ruling(process, attempt, this.#compiled)
    if (beside.rule !== undefined && (outcome === null || outcome === 'unresolved'))
      outcome = rulingOfKernel(beside.rule, attempt)
    return outcome === null ? this.#passed(process) : this.#found(process, actor, outcome, attempt, sighting)
  }

  #processOf({ name }: Who, { ancestors }: Beside): CompiledProcess | null {
    const process = this.#compiled.processFor(name, ancestors)
    if (process === null) this.#counts.unlisted(name)
    return process
  }

  #passed({ index }: CompiledProcess): null {
    this.#counts.passed(index)
    return null
  }

  #found(process: CompiledProcess, who: Who, outcome: Exclude<Outcome, null>, attempt: Attempt, seen: Seen): Violation | null {
    if (outcome === 'unresolved') {
      this.#counts.unresolved()
      return this.#passed(process)
    }
    const mode = this.modeOf(process.name)
    const effect = seen.effect ?? 'observed'
    const violation: Violation = {
      at: seen.at ?? this.#clock(),
      sequence: seen.sequence ?? null,
      host: this.#host,
      actor: actorOf(who),
      type: outcome.type,
      rule: outcome.rule,
      detail: outcome.detail,
      severity: outcome.severity,
      action: actionTaken(effect, mode),
      mode,
      effect,
      mechanism: seen.mechanism ?? 'none',
      attempt,
    }
    this.#counts.violated(process.index, violation)
    this.#handlers.push(violation)
    return violation
  }
}

/** What was really done: blocked and killed are claimed for what the kernel did alone, whatever the mode asks for. */
export function actionTaken(effect: Sighting['effect'], mode: Mode): ActionTaken {
  if (effect === 'prevented') return 'blocked'
  if (effect === 'terminated') return 'killed'
  return mode === 'audit' ? 'logged' : 'alerted'
}

function ruling(process: CompiledProcess, attempt: Attempt, { matching }: CompiledPolicy): Outcome {
  switch (attempt.type) {
    case 'exec':
      return rulingOnExec(process, attempt.path, matching)
    case 'syscall':
      return rulingOnSyscall(process, attempt.name, matching)
    case 'file':
      return rulingOnFile(process, attempt.path, matching)
    case 'network':
      return rulingOnNetwork(process, attempt.address, attempt.port, matching)
    case 'memory':
      return rulingOnMemory(process, attempt.megabytes)
    case 'cpu':
      return rulingOnCpu(process, attempt.percent, matching)
  }
}

const NOTHING = {} as const

/** Fields that nobody gave are unknown. */
function actorOf({ name, pid, parent = null, uid = null, executable = null, cgroup = null }: Who): Actor {
  return { name, pid, parent, uid, executable, cgroup }
}

function compiled(policy: GuardPolicy | CompiledPolicy): CompiledPolicy {
  return 'processFor' in policy ? policy : compilePolicy(policy)
}

/** A text is made once a millisecond at most: in a storm of violations that is what costs. */
function clockOf(now: () => number): () => EventTime {
  let [last, text]: [number, EventTime] = [Number.NaN, '']
  return () => {
    const ms = now()
    if (ms !== last) {
      last = ms
      text = eventTimeOfNanos(BigInt(Math.trunc(ms)) * 1_000_000n) ?? '1970-01-01T00:00:01.000000000Z'
    }
    return text
  }
}
