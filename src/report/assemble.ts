import { derivedParts, predicateOf } from '../../core/judge/report.ts'
import type { Judgement } from '../../core/model/judgement.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import { REPORT_PREDICATE, type Report } from '../../core/model/report.ts'
import type { Sums } from '../../core/model/sealed.ts'
import { decisionKind, type Decision } from '../../core/model/decision.ts'
import type { RefusedWaiver, Signer, Verified } from '../../core/model/waiver.ts'
import { utf8 } from '../../core/proof/bytes.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { STATEMENT_TYPE } from '../../core/proof/statement.ts'

/** What the judgement does not say by itself: who promised, who decided, what came before, and where the ledger stood. */
type Circumstances = {
  readonly promised: {
    readonly manifest: Manifest
    readonly signedBy: Signer | null
    readonly gate: JsonValue
    readonly redaction?: Report['redaction']
  }
  readonly decisions: readonly { readonly verified: Verified<Decision>; readonly ledgerIndex: number }[]
  readonly refused: readonly RefusedWaiver[]
  readonly previous: Report['previous']
  readonly ledger: Report['ledger']
}

/** The full report of a judged window. */
export function assembleReport(
  { root, digest, lines }: Sums,
  judgement: Judgement,
  circumstances: Circumstances,
  version: string,
): Report {
  const { promised, decisions, refused, previous, ledger } = circumstances
  const derived = derivedParts(promised.manifest, sha256Hex(jcs(promised.gate)), { root, digest, lines }, judgement)
  return {
    ...derived,
    producer: { name: 'runproof', version },
    manifest: { ...derived.manifest, signedBy: promised.signedBy && { ...promised.signedBy } },
    decisions: decisions.map(({ verified, ledgerIndex }) => ({
      id: verified.value.id,
      kind: decisionKind(verified.value),
      digest: verified.digest,
      ledgerIndex,
      signedBy: { ...verified.signedBy },
    })),
    refusedWaivers: refused.map((waiver) => ({ ...waiver })),
    previous,
    ...(promised.redaction && { redaction: promised.redaction }),
    ledger,
  }
}

/** The report's bytes: canonical JSON. Its digest is the statement's first subject. */
export function reportBytes(report: Report): Uint8Array {
  return utf8(jcs(report))
}

/** The in-toto statement to be signed, as canonical JSON. */
export function statementOf(report: Report): Uint8Array {
  const statement: JsonValue = {
    _type: STATEMENT_TYPE,
    subject: [{ name: 'report.json', digest: { sha256: sha256Hex(reportBytes(report)) } }],
    predicateType: REPORT_PREDICATE,
    predicate: predicateOf(report),
  }
  return utf8(jcs(statement))
}
