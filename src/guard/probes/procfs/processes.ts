import type { Actor } from '../../model.ts'
import { boundName, noNames, type Names } from '../names.ts'
import { bootIdIn, cgroupOf, executableOf, pidsIn, statOf, uidOf } from './read.ts'

/** A process as it was seen last. */
export type Known = {
  readonly pid: number
  readonly parent: number
  /** `boot id:pid:start`: unique over pid reuse and reboots. */
  readonly process: string
  readonly startTicks: number | null
  /** What the kernel calls it; changes when it becomes another program. Null: it was gone before we could look. */
  readonly comm: string | null
  /** See `boundName`; comm where the executable is not known. */
  readonly name: string
  readonly executable: string | null
  readonly uid: number | null
  readonly cgroup: string | null
  /** Executables or names, nearest first. */
  readonly ancestors: readonly string[]
}

/** Processes that are remembered at most: more than a host runs, so that a flood of forks costs a bounded amount. */
const MOST = 262_144
const GENERATIONS = 8

/** What runs, and who started whom. A process that is gone stays known for its children's ancestors, nothing else. */
export class Processes {
  private readonly proc: string
  private readonly boot: string
  private known = new Map<number, Known>()
  private names: Names = noNames

  constructor(proc = '/proc') {
    this.proc = proc
    this.boot = bootIdIn(proc)
  }

  get size(): number {
    return this.known.size
  }

  get(pid: number): Known | undefined {
    return this.known.get(pid)
  }

  all(): IterableIterator<Known> {
    return this.known.values()
  }

  /** The names that count from now on; all processes are bound anew. */
  useNames(names: Names): void {
    this.names = names
    for (const process of [...this.known.values()]) this.known.set(process.pid, { ...process, name: this.nameOf(process) })
  }

  /** All that run now, parents before their children. */
  scan(): void {
    this.known.clear()
    for (const pid of pidsIn(this.proc)) this.found(pid)
  }

  /** Reads a process that is not known, and its parents; undefined when it is gone. */
  found(pid: number): Known | undefined {
    const stat = statOf(pid, this.proc)
    if (stat === null) return undefined
    const parent = this.known.get(stat.parent) ?? (stat.parent > 0 ? this.found(stat.parent) : undefined)
    const executable = executableOf(pid, this.proc)
    return this.put({
      pid,
      parent: stat.parent,
      process: `${this.boot}:${pid}:${stat.startTicks}`,
      startTicks: stat.startTicks,
      comm: stat.comm,
      name: executable === null ? stat.comm : boundName(executable, parent?.name ?? null, this.names),
      executable,
      uid: uidOf(pid, this.proc),
      cgroup: cgroupOf(pid, this.proc),
      ancestors: ancestorsOf(parent),
    })
  }

  /** A child: as its parent, until it becomes another program. `mark` names it where it was gone before we could look. */
  forked(pid: number, parentPid: number, mark: string): Known {
    const parent = this.known.get(parentPid) ?? this.found(parentPid)
    const stat = statOf(pid, this.proc)
    const startTicks = stat?.startTicks ?? null
    return this.put({
      pid,
      parent: parentPid,
      process: `${this.boot}:${pid}:${startTicks ?? mark}`,
      startTicks,
      comm: stat?.comm ?? null,
      name: parent?.name ?? '',
      executable: parent?.executable ?? null,
      uid: parent?.uid ?? null,
      cgroup: parent?.cgroup ?? null,
      ancestors: ancestorsOf(parent),
    })
  }

  /** It runs another program now. */
  became(known: Known, executable: string): Known {
    const name = boundName(executable, known.name === '' ? null : known.name, this.names)
    return this.put({ ...known, executable, name, uid: uidOf(known.pid, this.proc) ?? known.uid })
  }

  gone(pid: number): void {
    this.known.delete(pid)
  }

  private nameOf({ parent, executable, name }: Known): string {
    return executable === null ? name : boundName(executable, this.known.get(parent)?.name ?? null, this.names)
  }

  private put(known: Known): Known {
    if (this.known.size >= MOST) {
      const [oldest] = this.known.keys()
      if (oldest !== undefined) this.known.delete(oldest)
    }
    this.known.set(known.pid, known)
    return known
  }
}

export function actorOf({ name, pid, parent, uid, executable, cgroup }: Known): Actor {
  return { name, pid, parent, uid, executable, cgroup }
}

function ancestorsOf(parent: Known | undefined): readonly string[] {
  return parent === undefined ? [] : [parent.executable ?? parent.name, ...parent.ancestors].slice(0, GENERATIONS)
}
