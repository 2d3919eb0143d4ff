import type { Report } from '../../../core/model/report.ts'
import type { Seal } from '../html.ts'
import { plural } from '../words.ts'
import type { Paper } from './paper.ts'

/** How a stranger checks what this document says without trusting it. */
export function check(paper: Paper, report: Report, seal: Seal): void {
  const { manifest, gate, evidence, judgement, ledger, window } = report
  paper.heading(2, 'How to check this report')
  paper.paragraph(
    'This document is for reading and is not evidence. The signed report is: take the audit file that came with it, on any machine, without a network, and run',
  )
  paper.paragraph('runproof verify FILE --trust trust.json', { face: 'mono', size: 9, gap: 6 })
  paper.paragraph(
    'The command checks the signature, the place in the ledger and every waiver, recomputes each verdict from the sealed evidence, and prints the report digest, which must be the one on this page. Get trust.json from somebody you trust: one that was written by the run which made the report shows that nothing was changed since, not who made it.',
  )
  paper.facts([
    ['Report', `sha256 ${seal.reportDigest}`, 'mono'],
    ['Signed by', `${seal.signer.name}, key ${seal.signer.keyId}`],
    [
      'Ledger',
      seal.ledger === null
        ? 'not logged: no ledger entry was given for this report'
        : `${seal.ledger.origin}, entry ${seal.ledger.index} of ${seal.ledger.size}`,
    ],
    ['Ledger before', `${ledger.origin}, ${plural(ledger.size, 'entry', 'entries')} when the report was made`],
    ['', `root ${ledger.root}`, 'mono'],
    ['Manifest', `${manifest.name} ${manifest.version}`],
    ['', `sha256 ${manifest.digest}`, 'mono'],
    [
      'Manifest signed by',
      manifest.signedBy === null ? 'not signed' : `${manifest.signedBy.name}, key ${manifest.signedBy.keyId}`,
    ],
    ['Gate', `${gate.engine}, entry point ${gate.entrypoint}`],
    ['', `sha256 ${gate.digest}`, 'mono'],
    ['Evidence root', `RFC 6962 ${evidence.root}`, 'mono'],
    ['Evidence digest', `sha256 ${evidence.digest}`, 'mono'],
    ['Window', window.id, 'mono'],
  ])
  paper.table(
    `Procedure ${judgement.procedure}: the digest of each step’s output`,
    [
      { head: 'Step', share: 1 },
      { head: 'Digest', share: 7 },
    ],
    judgement.steps.map(({ name, digest }) => [name, { text: digest, face: 'mono' as const }]),
  )
}
