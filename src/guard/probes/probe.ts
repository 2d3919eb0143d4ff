import type { EventTime } from '../../../core/model/time.ts'
import type { Mode, Sighting, ViolationType } from '../model.ts'
import type { CompiledPolicy } from '../policy/compile.ts'

/**
 * What watches a host: the eBPF sensor, a tracefs instance, polling of /proc, or the process table of another system. A probe says what
 * it saw and what it could not see; it judges nothing that the kernel did not judge already.
 */
export type Probe = {
  readonly kind: ProbeKind
  /** What it can see and do here and now; before `start` what it expects, after it what it has. */
  readonly coverage: () => Coverage
  /** Resolves when it watches; the first sighting may come before. @throws RunproofError when it cannot watch at all, with the reason */
  readonly start: (on: ProbeEvents) => Promise<void>
  /**
   * Makes `active` the policy that it works by, whole or not at all, and resolves with what is in force; may be called before `start`,
   * and again at any time. @throws RunproofError when the policy demands prevention and a hook for it is missing
   */
  readonly apply: (active: ActivePolicy) => Promise<InForce>
  /** Lets go of everything that it made in the kernel. Resolves when it is gone; may be called twice. */
  readonly stop: () => Promise<void>
}

export const probeKinds = ['ebpf', 'tracefs', 'procfs', 'table'] as const
export type ProbeKind = (typeof probeKinds)[number]

/** A policy as it is to be in force: the modes of single processes are those that were set while it ran. */
export type ActivePolicy = {
  /** With the policy itself and its digest. */
  readonly compiled: CompiledPolicy
  readonly generation: number
  readonly mode: Mode
  readonly processModes: ReadonlyMap<string, Mode>
}
export type InForce = { readonly digest: string; readonly generation: number; readonly mode: Mode }

export function inForceOf({ compiled, generation, mode }: ActivePolicy): InForce {
  return { digest: compiled.digest, generation, mode }
}

/** How a probe tells what it sees. None of these throws or waits; they are called in the order in which things were seen. */
export type ProbeEvents = {
  readonly sighting: (sighting: Sighting, more?: More) => void
  readonly heartbeat: (heartbeat: Heartbeat) => void
  /** Events that were made and did not come; `dropped` null: nobody knows how many. */
  readonly loss: (loss: Loss) => void
  readonly fault: (fault: Fault) => void
  /** A process ended. `signal` null: it ended by itself. */
  readonly end: (end: End) => void
}

/** What a sighting says beyond the model, where the probe knows it. */
export type More = {
  /** The policy's entry that the kernel matched (an inode rule, say), in the words of `Violation.rule`: a violation whatever the path says. */
  readonly rule?: string
  /** The running process by a name that is unique over pid reuse and reboots: `boot id:pid:start time`. The same name comes in `end`. */
  readonly process?: string
  /** The signal by which the process was seen to end; without it `effect: terminated` is not believed. */
  readonly signal?: string
  readonly commandLine?: string
  /** Executables or names, nearest first. */
  readonly ancestors?: readonly string[]
}

export type Loss = {
  readonly from: EventTime
  readonly to: EventTime
  readonly dropped: number | null
  readonly received: number | null
  readonly reason: string
}
export type Fault = { readonly at: EventTime; readonly what: string; readonly lasting: boolean }
export type End = {
  readonly at: EventTime
  readonly process: string
  readonly pid: number
  readonly signal: string | null
}

/** Once a second. Counters are cumulative since `startedAt`; null: this probe cannot count it. */
export type Heartbeat = {
  readonly at: EventTime
  readonly startedAt: EventTime
  /** Events that were made, with those that were dropped. */
  readonly received: number | null
  readonly dropped: number | null
  /** Violations that the probe recognised by itself. */
  readonly matched: number | null
  /** Events whose path or address could not be read: each may hide a violation. */
  readonly unreadable: number | null
  /** Processes that could not be followed. */
  readonly untracked: number | null
  /** Processes that were seen, of those that the kernel says were made. */
  readonly seen: number | null
  readonly forks: number | null
  /** The sequence number of the next event; null: it has none. */
  readonly nextSequence: number | null
  readonly inForce: InForce | null
}

/** Best first; reference: docs/formats/guard.md. */
export const tiers = ['prevent', 'terminate', 'observe', 'sample', 'none'] as const
export type Tier = (typeof tiers)[number]

export type Coverage = {
  /** What it does to each kind of violation at best, in enforce mode. */
  readonly tiers: Readonly<Record<ViolationType, Tier>>
  readonly hooks: readonly Hook[]
  /** What it cannot see here, in words for a report. */
  readonly blindSpots: readonly BlindSpot[]
}
/** `why`: the errno or the reason in words; null when it is attached. */
export type Hook = { readonly name: string; readonly state: 'attached' | 'missing' | 'failed'; readonly why: string | null }
/** `isCatalogued`: of every host, and in catalogue/blind-spots.json; what is only of this one becomes a lasting fault in the evidence. */
export type BlindSpot = { readonly id: string; readonly what: string; readonly isCatalogued: boolean }
