import { pollingProbe, type Changes, type Listed, type ProcessList } from '../polling.ts'
import type { BlindSpot, Probe } from '../probe.ts'
import { bootIdIn, cgroupOf, commandLineOf, executableOf, forksIn, pidsIn, statOf, uidOf } from './read.ts'

export type ProcfsOptions = { readonly proc?: string; readonly lookMs?: number; readonly beatMs?: number }

/** Watches by reading /proc again and again; needs no privilege. What lives shorter than `lookMs` is mostly not seen. */
export function procfsProbe({ proc = '/proc', lookMs = 50, beatMs = 1000 }: ProcfsOptions = {}): Probe {
  return pollingProbe({ kind: 'procfs', list: procfsList(proc), lookMs, beatMs, blindSpots })
}

const blindSpots: readonly BlindSpot[] = [
  { id: 'short', what: 'processes that begin and end between two looks; coverage says how many those were', isCatalogued: true },
  { id: 'syscalls', what: 'system calls, but that a process was made', isCatalogued: true },
  { id: 'files', what: 'which files are opened', isCatalogued: true },
  { id: 'network', what: 'connections', isCatalogued: true },
]

/** Of those that are known, so many are looked at anew each time: an id may have been reused, a process become another program. */
const AGAIN = 32
/** A process that was made a moment ago is about to become another program: it is looked at anew so many times in a row. */
const YOUNG = 20

/** What /proc lists; reads no more than is new. */
export function procfsList(proc: string): ProcessList {
  const boot = bootIdIn(proc)
  const known = new Map<number, Read>()
  const young = new Map<number, number>()
  let round: number[] = []
  const readAgain = (): ReadonlySet<number> => {
    if (round.length === 0) round = [...known.keys()]
    const again = new Set([...young.keys(), ...round.splice(0, AGAIN)])
    for (const [pid, left] of young) {
      if (left > 1) young.set(pid, left - 1)
      else young.delete(pid)
    }
    return again
  }
  return {
    forks: () => forksIn(proc),
    look(): Changes {
      const [appeared, gone]: [Listed[], Listed[]] = [[], []]
      const now = new Set(pidsIn(proc))
      for (const [pid, process] of known) if (!now.has(pid)) gone.push(process)
      for (const pid of readAgain()) {
        const before = known.get(pid)
        const after = before === undefined ? null : listedOf(pid, boot, proc)
        if (before === undefined || after === null) continue
        if (after.process === before.process && (after.executable === before.executable || after.isEnding)) continue
        gone.push(before)
        known.delete(pid)
      }
      for (const { pid } of gone) known.delete(pid)
      for (const pid of now) {
        const listed = known.has(pid) ? null : listedOf(pid, boot, proc)
        if (listed === null) continue
        known.set(pid, listed)
        // It began and ended between two looks: nobody can say any more what it ran.
        if (listed.isEnding) continue
        young.set(pid, YOUNG)
        appeared.push(listed)
      }
      return { appeared, gone }
    },
  }
}

/** `isEnding`: the kernel has forgotten already which file it ran. */
type Read = Listed & { readonly isEnding: boolean }

function listedOf(pid: number, boot: string, proc: string): Read | null {
  const executable = executableOf(pid, proc)
  // In this order: what ends between the two is seen to be ending.
  const stat = statOf(pid, proc)
  if (stat === null) return null
  return {
    pid,
    isEnding: executable === null && stat.isExiting,
    parent: stat.parent,
    process: `${boot}:${pid}:${stat.startTicks}`,
    executable,
    comm: stat.comm,
    uid: uidOf(pid, proc),
    cgroup: cgroupOf(pid, proc),
    commandLine: commandLineOf(pid, proc),
  }
}
