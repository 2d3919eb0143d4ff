import type { Watch } from '../../../core/model/watch.ts'
import type { Behaviour, Fingerprint } from '../../../core/model/behaviour.ts'
import type { Intake, Tally } from '../../../core/model/intake.ts'
import type { Instant } from '../../../core/model/time.ts'
import type { Window } from '../../../core/model/window.ts'
import type { JsonValue } from '../../../core/proof/jcs.ts'

export type ScopeName = { readonly application: string; readonly environment: string }

/** How far the segments were folded. */
export type Place = { readonly segment: number; readonly offset: number; readonly receivedMs: number }

/** What became of a batch that named itself. */
export type Batch = {
  readonly key: string
  readonly digest: string
  readonly outcome: JsonValue
  readonly receivedMs: number
}

/** The last accepted batch of a signed chain. */
export type StreamHead = {
  readonly sensor: string
  readonly stream: string
  readonly seq: number
  readonly digest: string
  readonly receivedMs: number
}

/** What one fold added to one window. Without any content it makes the window known. */
export type WindowDelta = {
  readonly window: Window
  readonly behaviours: ReadonlyMap<Fingerprint, Behaviour>
  readonly tally: Tally
  readonly lastReceivedMs: number
}

/** Watch signals of any time: they are kept per scope, because windows overlap in what they need. */
export type ScopeDelta = { readonly scope: ScopeName; readonly watch: ReadonlyMap<string, Watch> }

/** What was folded since the last one, and up to where. */
export type Delta = {
  readonly place: Place
  readonly scopes: readonly ScopeDelta[]
  readonly windows: readonly WindowDelta[]
  readonly batches: readonly Batch[]
  readonly streams: readonly StreamHead[]
}

/** Windows that end after `endsAfter` and not after `endsBy`, received from `receivedFromMs` on; what is left out does not limit. */
export type WindowFilter = {
  readonly scope?: ScopeName
  readonly endsAfter?: Instant
  readonly endsBy?: Instant
  readonly receivedFromMs?: number
}

export type WindowState = {
  readonly window: Window
  /** Raised by every fold of something that happened in the window; 0: nothing is known of the window. */
  readonly revision: number
  readonly lastReceivedMs: number
  /** Its rows were deleted after it was sealed: what is here came later and is to be merged with the sealed evidence. */
  readonly forgotten: boolean
}

export type LoadedIntake = Omit<WindowState, 'window'> & { readonly intake: Intake }

/** What nothing may rest on any more; times in ms since 1970. */
export type Retention = {
  /** Watch signals, and windows that were forgotten, that ended before. */
  readonly watchBeforeMs: number
  readonly batchesBeforeMs: number
  readonly streamsBeforeMs: number
}
