import { RunproofError } from '../../../core/model/errors.ts'
import { ReportSchema, type Report } from '../../../core/model/report.ts'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import { shaped } from '../../../core/proof/shape.ts'
import type { Objects } from '../objects/objects.ts'
import type { State } from '../state/state.ts'
import type { Envelope } from '../../../core/proof/dsse.ts'

/** What the audit file holds beside the report and its evidence; proofs are made when it is asked for. */
export type KeptReceipt = {
  readonly envelope: Envelope
  /** Who signed the report; the key as PEM. */
  readonly signer: { readonly name: string; readonly key: string }
  readonly manifest: { readonly signature: Envelope; readonly ownerKey: string }
  readonly decisions: readonly {
    readonly digest: string
    readonly envelope: Envelope
    readonly key: string
    readonly ledgerIndex: number
  }[]
}

/**
 * Reads what was kept of reports. All throw RunproofError `report.unknown` for a digest that no report has, those that read evidence
 * `evidence.expired` when its time is over.
 */
export type ReportReader = {
  readonly report: (digest: string) => Report
  /** The sealed lines, without their newlines, one by one. */
  readonly evidenceLines: (digest: string) => Iterable<string>
  /** The sealed lines as they were kept: every one with its newline. */
  readonly evidence: (digest: string) => Uint8Array
  readonly receipt: (digest: string) => KeptReceipt
}

export function reportReader(state: State, objects: Objects): ReportReader {
  const rowOf = (digest: string) => {
    const row = state.report(digest)
    if (!row) throw new RunproofError('report.unknown', `there is no report with the digest ${digest}`)
    return row
  }
  const evidence = (digest: string): Uint8Array => {
    const lines = rowOf(digest).evidence
    const gone = state.expired(lines)
    if (gone === null) return objects.get(lines)
    const why = `the evidence of ${gone.windowId} was deleted on ${gone.expiredAt.slice(0, 10)}: its manifest keeps evidence for ${gone.keptFor}`
    throw new RunproofError('evidence.expired', `${why}; the signed report and its place in the ledger are still here`)
  }
  const json = (digest: string): unknown => JSON.parse(new TextDecoder().decode(objects.get(digest)))
  return {
    report: (digest) => shaped(ReportSchema, json(rowOf(digest).digest) as JsonValue, 'a report') as Report,
    evidence,
    evidenceLines: (digest) => linesOf(evidence(digest)),
    receipt: (digest) => json(rowOf(digest).receipt) as KeptReceipt,
  }
}

function* linesOf(bytes: Uint8Array): Generator<string> {
  const decoder = new TextDecoder()
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(10, from)
    const to = end < 0 ? bytes.length : end
    yield decoder.decode(bytes.subarray(from, to))
    from = to + 1
  }
}
