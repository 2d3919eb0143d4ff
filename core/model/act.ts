import type { Severity } from './severity.ts'
import type { EventTime } from './time.ts'

export const actions = ['exec', 'open', 'connect', 'privilege_change', 'syscall', 'resource', 'state'] as const
export type Action = (typeof actions)[number]

/** What the act was done to. `partial`: only a name is known, not the full path; two different files may share it. */
export type Target =
  | { readonly type: 'binary'; readonly path: string; readonly partial: boolean }
  | { readonly type: 'path'; readonly path: string; readonly partial: boolean }
  | {
      readonly type: 'address'
      /** IP address in its shortest text form, lower case; null when only a name is known. */
      readonly address: string | null
      readonly name: string | null
      /** The service's port, never the ephemeral one. */
      readonly port: number | null
      readonly protocol: string | null
      readonly direction: 'out' | 'in' | 'listen'
    }
  | { readonly type: 'capability' | 'syscall' | 'resource' | 'state'; readonly name: string }

/** How a file was touched; null: the sensor does not say. Not part of the identity, since sensors differ in telling it. */
export const accesses = ['read', 'write', 'change'] as const
export type Access = (typeof accesses)[number]

/**
 * What really happened to the act: the kernel refused it (`prevented`), the process was killed while the act may have completed
 * (`terminated`), it happened (`observed`), or a sensor was told to stop it and nothing proves that it did (`unknown`).
 */
export const effects = ['prevented', 'terminated', 'observed', 'unknown'] as const
export type Effect = (typeof effects)[number]

/** Who acted. Null: the event does not say. */
export type Subject = {
  readonly cluster: string | null
  readonly node: string | null
  readonly namespace: string | null
  readonly workload: string | null
  readonly pod: string | null
  readonly container: string | null
  readonly image: string | null
  /** True: outside of any container; false: in one; null: unknown. */
  readonly onHost: boolean | null
  readonly pid: number | null
  readonly uid: number | null
  readonly executable: string | null
  /** Only the process's name is known, not its path. */
  readonly executablePartial: boolean
  readonly commandLine: string | null
  /** Executables or names, nearest first. */
  readonly ancestors: readonly string[]
}

/**
 * An event in the canonical schema, before any control. A `detection`: a rule of the sensor fired; an `observation`: a plain act was
 * seen. `action` and `target` are null where the sensor's rule speaks of something that is no act on a host (a cloud audit rule, say).
 */
export type Act = {
  readonly class: 'detection' | 'observation'
  readonly sensor: string
  /** The sensor's own rule or policy name. */
  readonly rule: string | null
  /** Null: undated or implausibly dated; such an act is counted as unplaced. */
  readonly at: EventTime | null
  readonly action: Action | null
  readonly target: Target | null
  readonly access: Access | null
  readonly subject: Subject
  /** Null: the sensor has no scale; the control's counts. An unreadable word is `high`. */
  readonly severity: Severity | null
  /** 0 to 1: how sure we are that the act was read and attributed right; the table is in docs/formats/events.md. */
  readonly confidence: number
  readonly effect: Effect
  /** The sensor's own word for what it did, kept because a request is not an outcome. */
  readonly actionTaken: string | null
  /**
   * SHA-256 (hex) of the sensor's own name for the running process that it was told to kill, unique over cluster and time. The end of
   * that process, an `end` signal, is what turns the effect from `unknown` into `terminated`. Absent: nobody was to be killed.
   */
  readonly toKill?: string | null
  readonly tags: readonly string[]
}

/**
 * A part of an act that it shares with others, and what was worked out of it: whoever did writes that down here with who they are, and takes
 * no notice of what others wrote.
 */
export type Part = {
  /** The redactor that found no secret in it. */
  clean: object | null
  known: Note | null
}

/** Of what, and where with `by` lies what was worked out; `next` is another note of the same author. */
export type Note = { readonly by: object; readonly of: object; readonly at: number; readonly next: Note | null }

/**
 * What an act was put together of. Acts of one `deed` agree in class, sensor, rule, action, target, access, severity, effect, action taken,
 * tags, user id, executable and ancestors, and none of them names a process to kill; acts of one `place` in cluster, node, namespace,
 * workload, pod, container, image and whether it is the host; acts of one `words` in the command line. Two acts of one deed have the same
 * confidence where their places have the same of pod and host. What is left is their own: time and process id.
 */
export type ActParts = {
  readonly deed: Part
  readonly place: Part
  readonly words: Part & { readonly commandLine: string | null }
}
