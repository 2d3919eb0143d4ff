import type { Access, Action, Effect, Target } from './act.ts'
import type { Severity } from './severity.ts'
import type { EventTime, Minute } from './time.ts'

/** `rpf1:` and 64 hex digits. */
export type Fingerprint = string

/** What makes two occurrences the same behaviour. Everything that varies between repetitions, and who saw it, is left out. */
export type Identity = {
  readonly application: string
  readonly environment: string
  readonly cluster: string | null
  readonly namespace: string | null
  readonly workload: string | null
  readonly action: Action | null
  /** The acting executable; null for `exec`, where the target is it. */
  readonly executable: string | null
  readonly target: Target | null
}

/** One occurrence, kept as an example. */
export type Sample = {
  readonly at: EventTime | null
  /** SHA-256 of the line as received; keyed where the line held a secret. */
  readonly digest: string
  readonly node: string | null
  readonly pod: string | null
  readonly container: string | null
  readonly image: string | null
  readonly pid: number | null
  readonly uid: number | null
  readonly commandLine: string | null
  readonly ancestors: readonly string[]
  readonly tags: readonly string[]
  /** How many values were redacted out of this sample. */
  readonly redacted: number
}

/** What tells one sighting of a behaviour from another: who saw it, how it was read, and in which minute. */
export type SightingKey = {
  readonly class: 'detection' | 'observation'
  readonly sensor: string
  readonly rule: string | null
  readonly severity: Severity | null
  readonly confidence: number
  readonly effect: Effect
  readonly access: Access | null
  readonly actionTaken: string | null
  /** See `Act.toKill`; null: nobody was to be killed, or more were than are joined with their ends. */
  readonly toKill: string | null
  /** Null: unplaced, the event carries no believable time. */
  readonly minute: Minute | null
}

export type Sighting = SightingKey & {
  readonly count: number
  readonly first: EventTime | null
  readonly last: EventTime | null
}

/** One fingerprint within one window. */
export type Behaviour = {
  readonly fingerprint: Fingerprint
  readonly identity: Identity
  readonly sightings: ReadonlyMap<string, Sighting>
  /** The smallest few by (time, digest), so that neither threads nor file order can matter. */
  readonly samples: readonly Sample[]
  /** Identity and samples as they lie in the evidence, canonical JSON: whoever writes them again may take it. Absent where nothing was read. */
  readonly written?: { readonly identity: string; readonly samples: string }
  /** All of its line of evidence, where it was written already. */
  readonly line?: string
}
