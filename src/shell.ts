import type { Sealing } from '../core/judge/seal.ts'
import type { BlindSpots } from '../core/model/blind-spots.ts'
import type { Intake } from '../core/model/intake.ts'
import type { Manifest } from '../core/model/manifest.ts'
import type { Report } from '../core/model/report.ts'
import type { Facts, Sealed } from '../core/model/sealed.ts'
import type { Instant } from '../core/model/time.ts'
import type { Decision } from '../core/model/decision.ts'
import type { RefusedWaiver, Signer, Verified } from '../core/model/waiver.ts'
import type { Window } from '../core/model/window.ts'
import type { Envelope } from '../core/proof/dsse.ts'
import type { JsonValue } from '../core/proof/jcs.ts'

/** The promise that a window is judged by. */
export type Promised = {
  readonly manifest: Manifest
  readonly signedBy: Signer | null
  readonly signature: Envelope | null
  /** The gate's compiled plan. */
  readonly gate: JsonValue
  /** What the sensors cannot see however well they watch. */
  readonly blindSpots: BlindSpots
  /** What the report says of the rules by which secrets were taken out of the events. */
  readonly redaction?: Report['redaction']
}

/** A decision that was verified and logged, with the envelope that anybody can check again. */
export type LoggedDecision = {
  readonly verified: Verified<Decision>
  readonly envelope: Envelope
  readonly ledgerIndex: number
  readonly bundle: JsonValue
}

/** Everything that a judgement of a sealed window needs beside the evidence itself. */
export type CaseFile = {
  readonly promised: Promised
  readonly decisions: readonly LoggedDecision[]
  readonly refused: readonly RefusedWaiver[]
  readonly previous: Report['previous']
  readonly evaluatedAt: Instant
  readonly ledger: Report['ledger']
}

/** A signed, logged report: what is handed over. */
export type Receipt = {
  readonly report: Report
  readonly reportDigest: string
  /** Sigstore bundle: signed statement and its place in the ledger. */
  readonly bundle: JsonValue
  readonly ledgerIndex: number
  readonly sealed: Sealed
  readonly caseFile: CaseFile
}

/** The ports of the flow: everything that touches the world. `assess` gives files and a local ledger, `serve` its store. */
export type Shell = {
  /** Reads a batch of events into its window. Durable when it returns. */
  readonly take: (batch: Batch) => Promise<Taken>
  /** What is promised for the window, and what was taken for it. */
  readonly windowInputs: (
    window: Window,
  ) => Promise<{ readonly promised: Promised; readonly intake: Intake; readonly facts: Facts }>
  /** Takes the evidence while it is sealed to where it is kept. Durable when it returns, as far as anything is here. */
  readonly keepSealed: (sealing: Sealing) => Promise<Sealed>
  readonly caseFileOf: (sealed: Sealed) => Promise<CaseFile>
  /** Signs a statement's payload with the report key. */
  readonly sign: (payload: Uint8Array) => Promise<Envelope>
  /** Report, ledger leaf and whatever must go out, in one transaction. */
  readonly commit: (report: Report, envelope: Envelope, sealed: Sealed, caseFile: CaseFile) => Promise<Receipt>
  readonly version: string
}

/** What became of a batch: nothing that was read is missing from these counts. */
export type Taken = { readonly events: number; readonly quarantined: number }

/** Bytes of one sensor's output. */
export type Batch = { readonly source: string; readonly sensor: string; readonly bytes: AsyncIterable<Uint8Array> }
