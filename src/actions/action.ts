import type * as z from 'zod/mini'
import type { Principal, Permission } from '../../core/model/access.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import type { Trust } from '../../core/model/trust.ts'
import type { AccessWorld } from '../access/world.ts'
import type { EvidenceReader } from '../store/evidence/evidence.ts'
import type { PublishedPromise } from '../store/kept/promises.ts'
import type { ReportReader } from '../store/kept/reports.ts'
import type { Ledger } from '../store/ledger/ledger.ts'
import type { Objects } from '../store/objects/objects.ts'
import type { ScopeName } from '../store/state/manifests.ts'
import type { State } from '../store/state/state.ts'

/** What an act works with. Who acts comes from the login, when from our clock; neither is ever taken from the input. */
export type Context = {
  readonly principal: Principal
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly access: AccessWorld
  /** Where people reach the service. */
  readonly publicUrl: () => string
  readonly ledger: Ledger
  readonly state: State
  readonly evidence: EvidenceReader
  readonly objects: Objects
  readonly reports: ReportReader
  readonly promiseOf: (manifest: number) => PublishedPromise
  /** What comes with Runproof: the default gate's plan, and what sensors cannot see. */
  readonly shipped: () => { readonly gate: JsonValue; readonly blindSpots: JsonValue }
  /** Whom this service vouches with. */
  readonly trust: () => Trust
  /** Promises changed: windows and folding follow. */
  readonly rescheduled: () => void
  /** Somebody decided about these sealed windows: they are judged anew soon. */
  readonly decided: (windows: readonly string[]) => void
  /** Whether who acts holds the act's permission there. */
  readonly isVisible: (scope: ScopeName) => boolean
}

/**
 * One thing that a person or a program can do. Its route, its command and its entry in OpenAPI are made from this one object, so none of
 * them can know more or ask for less than another.
 */
export type Action<I = unknown, O = unknown> = {
  /** `list-reports`: the operation id. */
  readonly name: string
  readonly summary: string
  readonly permission: Permission
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With `:name` for members of the input that stand in the path; the others are the query of a GET, else the body. */
  readonly path: string
  /** `runproof report list`; null: it needs more than flags, a signature say, and has a command of its own. */
  readonly command: readonly [noun: string, verb: string] | null
  readonly input: z.ZodMiniType<I>
  readonly output: z.ZodMiniType<O>
  /** The application and environment that it is about; null: several, and `run` shows only what `isVisible`. */
  readonly scopeOf: (input: I, context: Context) => ScopeName | null
  readonly run: (context: Context, input: I) => O | Promise<O>
  /** Whether what it gave holds evidence, so that it goes into the access log although it only reads; absent: never. */
  readonly holdsEvidence?: (output: O) => boolean
}

/** Lets the compiler see that input, output and `run` fit together. */
export function action<I, O>(definition: Action<I, O>): Action<I, O> {
  return definition
}
