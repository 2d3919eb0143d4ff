import type { Effect } from '../../core/model/act.ts'
import type { EventTime } from '../../core/model/time.ts'

export const modes = ['audit', 'alert', 'enforce'] as const
export type Mode = (typeof modes)[number]

export const severities = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const
export type GuardSeverity = (typeof severities)[number]

/** What made the effect, in the words of docs/formats/guard.md. */
export type Mechanism = 'bpf_lsm' | 'cgroup' | 'sigkill' | 'tracepoint' | 'tracefs' | 'procfs' | 'table' | 'none'

/** Who acts. `name` is what policies are written for: the name of the executable's file when it was bound, comm where only that is known. */
export type Actor = {
  readonly name: string
  readonly pid: number
  readonly parent: number | null
  readonly uid: number | null
  readonly executable: string | null
  readonly cgroup: string | null
}

export type Attempt =
  | { readonly type: 'exec'; readonly path: string }
  | { readonly type: 'syscall'; readonly name: string }
  | { readonly type: 'file'; readonly path: string; readonly access: 'read' | 'write' | null }
  | {
      readonly type: 'network'
      readonly address: string
      readonly port: number
      readonly protocol: 'tcp' | 'udp' | null
    }
  | { readonly type: 'memory'; readonly megabytes: number }
  | { readonly type: 'cpu'; readonly percent: number }

/** One attempt as a sensor saw it. `sequence`: the sensor's own, taken before anything could be lost; null: it has none. */
export type Sighting = {
  readonly at: EventTime
  readonly sequence: number | null
  readonly actor: Actor
  readonly attempt: Attempt
  readonly effect: Effect
  readonly mechanism: Mechanism
}

export type ViolationType = 'exec' | 'syscall' | 'file' | 'network' | 'resource'

/** What was really done: `blocked` only for `effect: prevented`, `killed` only for `terminated`. */
export type ActionTaken = 'logged' | 'alerted' | 'blocked' | 'killed'

export type Violation = {
  readonly at: EventTime
  readonly sequence: number | null
  readonly host: string | null
  readonly actor: Actor
  readonly type: ViolationType
  /** The policy's entry that decided: `payments.blocked_files[2]`; `payments.allowed_network` where nothing in a list matched. */
  readonly rule: string
  readonly detail: string
  readonly severity: GuardSeverity
  readonly action: ActionTaken
  readonly mode: Mode
  readonly effect: Effect
  readonly mechanism: Mechanism
  readonly attempt: Attempt
}
