import type { Report } from '../../../core/model/report.ts'
import type { Seal } from '../html.ts'
import { plural } from '../words.ts'
import { code, data, facts, html, table, type Html } from './markup.ts'

/** How a stranger checks what this page says without trusting it. */
export function checkOf(report: Report, seal: Seal): Html {
  const { manifest, gate, evidence, judgement, producer, ledger } = report
  return html`<section id="check" aria-labelledby="check-head">
    <h2 id="check-head">How to check this report</h2>
    <p>
      This page is for reading and is not evidence. The signed report is: take the audit file that came with this page, on any
      machine, without a network, and run
    </p>
    <pre class="command"><code>runproof verify FILE --trust trust.json</code></pre>
    <p>
      FILE is the audit file or the folder with its members. The command checks the signature, the place in the ledger and every
      waiver, recomputes each verdict from the sealed evidence, and prints the report digest, which must be the one below. Get
      <code>trust.json</code> from somebody you trust: one that was written by the run which made the report shows that nothing
      was changed since, not who made it.
    </p>
    ${facts(
      [
        ['Report', sha(seal.reportDigest)],
        ['Signed by', html`${data(seal.signer.name)} <span class="quiet">key</span> ${full(seal.signer.keyId)}`],
        [
          'Ledger',
          seal.ledger === null
            ? html`<strong>not logged</strong>: no ledger entry was given for this report`
            : html`${code(seal.ledger.origin)} entry ${seal.ledger.index} of ${seal.ledger.size}`,
        ],
        [
          'Ledger before',
          html`${code(ledger.origin)} with ${plural(ledger.size, 'entry', 'entries')} when the report was made, root
          ${full(ledger.root)}`,
        ],
        ['Manifest', html`${data(manifest.name)} ${data(manifest.version)} ${sha(manifest.digest)}`],
        [
          'Manifest signed by',
          manifest.signedBy === null
            ? html`<strong>not signed</strong>`
            : html`${data(manifest.signedBy.name)} <span class="quiet">key</span> ${full(manifest.signedBy.keyId)}`,
        ],
        ['Gate', html`${data(gate.engine)}, entry point ${code(gate.entrypoint)} ${sha(gate.digest)}`],
        ['Evidence root', html`<span class="quiet">RFC 6962 Merkle root</span> ${full(evidence.root)}`],
        ['Evidence digest', sha(evidence.digest)],
        ['Window', code(report.window.id)],
        ['Made by', html`${producer.name} ${data(producer.version)}`],
      ],
      'facts digests',
    )}
    ${table(
      html`Procedure ${judgement.procedure}: the digest of each step’s output`,
      ['Step', 'Digest'],
      judgement.steps.map(
        ({ name, digest: hash }) =>
          html`<tr>
            <th scope="row">${name}</th>
            <td>${full(hash)}</td>
          </tr> `,
      ),
    )}
  </section>`
}

function sha(hash: string): Html {
  return html`<span class="quiet">SHA-256</span> ${full(hash)}`
}

/** Here people compare character by character: nothing is shortened. */
function full(hash: string): Html {
  return code(hash)
}
