import type { JsonValue } from '../proof/jcs.ts'
import type { Fingerprint } from './behaviour.ts'
import type { BlindSpots } from './blind-spots.ts'
import type { Intake } from './intake.ts'
import type { Manifest } from './manifest.ts'
import type { Instant } from './time.ts'
import type { Decision } from './decision.ts'
import type { Verified } from './waiver.ts'
import type { Window } from './window.ts'

/** The version of everything in `core/judge`. Released procedures are frozen: a change of result is a new name. */
export const PROCEDURE = 'rpj1'

/** What earlier windows knew of a fingerprint: without it "returned" cannot be decided, nor whether its absence says anything. */
export type Recurrence = {
  readonly firstWindow: string
  readonly lastWindow: string
  readonly windows: number
  /** As of the last window: the controls that it violated, and the declared workloads that it concerned. Sorted. */
  readonly controls: readonly string[]
  readonly workloads: readonly string[]
}

/** Facts of earlier windows. They are sealed, not derived again: replay takes them as they are. */
export type Facts = {
  /** The report that this one follows, if any. */
  readonly previous: { readonly windowId: string; readonly reportDigest: string } | null
  readonly history: ReadonlyMap<Fingerprint, Recurrence>
}

export type SealedInputs = {
  readonly procedure: typeof PROCEDURE
  readonly window: Window
  readonly manifest: Manifest
  /** The gate's compiled plan, as JSON. */
  readonly gate: JsonValue
  /** What the sensors cannot see however well they watch. */
  readonly blindSpots: BlindSpots
  readonly intake: Intake
  readonly facts: Facts
}

/** Everything that the judgement rests on. */
export type Inputs = SealedInputs & {
  readonly decisions: readonly Verified<Decision>[]
  /** The time of what caused the judgement, never "now". */
  readonly evaluatedAt: Instant
}

/** What the lines of evidence add up to. */
export type Sums = {
  /** How many there are. */
  readonly lines: number
  /** RFC 6962 Merkle root over the lines, hex. */
  readonly root: string
  /** SHA-256 of all lines, each with its newline, hex. */
  readonly digest: string
}

/** The evidence of a window where it is kept: canonical lines, one Merkle leaf each. */
export type Sealed = Sums & {
  readonly window: Window
  /** The lines as UTF-8, each with its newline, in pieces of any length; read again whenever they are asked for. */
  readonly pieces: () => AsyncIterable<Uint8Array>
}
