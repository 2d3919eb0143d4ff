import type { Intake } from '../../../core/model/intake.ts'
import type { Report } from '../../../core/model/report.ts'
import type { Sealing } from '../../../core/judge/seal.ts'
import type { Facts, Sealed } from '../../../core/model/sealed.ts'
import type { Instant } from '../../../core/model/time.ts'
import { hex } from '../../../core/proof/bytes.ts'
import { payloadOf } from '../../../core/proof/dsse.ts'
import { spkiFromPem } from '../../../core/proof/ecdsa.ts'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import { DSSE_PAYLOAD_TYPE } from '../../../core/proof/statement.ts'
import type { SigningKey } from '../../keys/keys.ts'
import { signEnvelope } from '../../keys/sign-envelope.ts'
import { reportBytes } from '../../report/assemble.ts'
import { demandInUse } from '../../service/report-key.ts'
import type { CaseFile, LoggedDecision, Receipt, Shell } from '../../shell.ts'
import { eventEntry } from '../../store/ledger/entries.ts'
import { bundled, decisionEvent, logged, logInside, manifestEvent } from '../../store/ledger/logged.ts'
import type { Ledger } from '../../store/ledger/ledger.ts'
import { version } from '../run.ts'
import type { ReadPromise } from './promised.ts'

export type LocalShell = {
  readonly promise: ReadPromise
  readonly take: Shell['take']
  /** What was taken for the window so far. */
  readonly intake: () => Intake
  /** Where the evidence goes while it is sealed. */
  readonly keep: (sealing: Sealing) => Promise<Sealed>
  readonly facts: Facts
  readonly previous: Report['previous']
  readonly evaluatedAt: Instant
  readonly ledger: Ledger
  readonly reportKey: SigningKey
}

/** The ports of the flow on one machine and for one window: files in, this machine's keys and ledger. */
export function localShell(parts: LocalShell): Shell {
  const { promise, take, intake, keep, facts, previous, evaluatedAt, ledger, reportKey } = parts
  return {
    version: version(),
    take,
    windowInputs: async () => ({ promised: promise.promised, intake: intake(), facts }),
    // The evidence itself goes into the audit file; the ledger remembers that this window was sealed with this root.
    async keepSealed(sealing) {
      const sealed = await keep(sealing)
      const { window, root, digest, lines } = sealed
      const spec = { window: window.id, evidence: { root, digest, lines } }
      ledger.append([eventEntry('windowSealed', spec, `sealed:${window.id}:${digest}`)])
      return sealed
    },
    async caseFileOf(): Promise<CaseFile> {
      logManifest(ledger, promise)
      const decisions = logDecisions(ledger, promise)
      const { origin, size, root } = ledger.head()
      return {
        promised: promise.promised,
        decisions,
        refused: promise.refused,
        previous,
        evaluatedAt,
        ledger: { origin, size, root: hex(root) },
      }
    },
    sign: (payload) => signEnvelope(reportKey, DSSE_PAYLOAD_TYPE, payload),
    async commit(report, envelope, sealed, caseFile): Promise<Receipt> {
      const entry = ledger.transaction((inside) => {
        demandInUse(ledger, reportKey)
        return logInside(inside, envelope, reportKey.spki, `report:${sha256Hex(payloadOf(envelope))}`)
      })
      const { index, bundle } = bundled(ledger, envelope, reportKey.spki, entry)
      return { report, reportDigest: sha256Hex(reportBytes(report)), bundle, ledgerIndex: index, sealed, caseFile }
    },
  }
}

/** The manifest's signature is logged once; whoever asks later finds when it was first relied on. */
function logManifest(ledger: Ledger, { promised, ownerKey }: ReadPromise): void {
  if (promised.signature === null || ownerKey === null) return
  logged(ledger, promised.signature, spkiFromPem(ownerKey), manifestEvent(promised.signature))
}

function logDecisions(ledger: Ledger, { waivers }: ReadPromise): readonly LoggedDecision[] {
  const first = waivers.map((waiver) => ({ ...waiver, eventId: decisionEvent(waiver.envelope) }))
  for (const { envelope, spki, eventId } of first) logged(ledger, envelope, spki, eventId)
  // All are in before any proof is made, so that every proof is under one checkpoint.
  return first.map(({ verified, envelope, spki, eventId }) => {
    const { index, bundle } = logged(ledger, envelope, spki, eventId)
    return { verified, envelope, ledgerIndex: index, bundle }
  })
}
