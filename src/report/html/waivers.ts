import type { ConfirmationUse, Finding, WaiverUse } from '../../../core/model/judgement.ts'
import type { Report } from '../../../core/model/report.ts'
import { moment, remaining, startsIn } from '../moments.ts'
import { actWords, confirmationStateWords, moreInReport, plural, signersOf, waiverStateWords } from '../words.ts'
import { capped, code, data, digest, facts, html, inline, table, type Html, type Part } from './markup.ts'

const mostWaivers = 200
const mostCovered = 20

/** What people accepted, who signed it and when it ends; and what was refused. */
export function waiversOf(report: Report): Html {
  const { judgement, decisions, refusedWaivers } = report
  const byFingerprint = new Map(judgement.findings.map((finding) => [finding.fingerprint, finding]))
  const { rows, more } = capped(judgement.waivers, mostWaivers, (waiver) => waiverCard(waiver, report, byFingerprint))
  const used = new Set([...judgement.waivers, ...(judgement.confirmations ?? [])].map(({ digest }) => digest))
  return html`<section id="waivers" aria-labelledby="waivers-head">
    <h2 id="waivers-head">Waivers</h2>
    <p>
      ${judgement.waivers.length === 0 ? 'No waiver was given to the judgement.' : html`States are as of the evaluation, ${moment(report.evaluatedAt)} UTC. A waiver changes the score after waivers only.`}
    </p>
    ${rows}${more} ${confirmationsTable(judgement.confirmations ?? [])}
    ${otherDecisions(decisions.filter((decision) => !used.has(decision.digest)))} ${refusedTable(refusedWaivers)}
  </section>`
}

function waiverCard(waiver: WaiverUse, report: Report, byFingerprint: ReadonlyMap<string, Finding>): Html {
  const logged = report.decisions.find((decision) => decision.digest === waiver.digest)
  return html`<article class="card waiver">
    <h3>
      ${data(waiver.id)} <span class="tag state-${waiver.state}">${waiverStateWords[waiver.state]}</span>
      <span class="quiet">${left(waiver, report.evaluatedAt)}</span>
    </h3>
    ${facts(
      [
        ['Control', code(waiver.control)],
        ['Accepts', accepted(waiver, byFingerprint)],
        ['Reason', data(waiver.reason)],
        ['Compensating control', data(waiver.compensatingControl)],
        ['Requested by', data(waiver.requestedBy)],
        ['Signed by', signersOf(waiver).map((signer, index) => [index === 0 ? null : ', ', signerOf(signer)])],
        waiver.window === undefined ? null : ['For', html`the window ${code(waiver.window)} alone`],
        waiver.revoked === undefined
          ? null
          : [
              'Taken back',
              html`${moment(waiver.revoked.at)} UTC by ${signerOf(waiver.revoked.by)}: ${data(waiver.revoked.reason)}`,
            ],
        ['Holds', html`from ${moment(waiver.notBefore)} until <strong>${moment(waiver.expires)}</strong> UTC`],
        ['Digest', [digest(waiver.digest), logged ? `, ledger entry ${logged.ledgerIndex}` : null]],
      ],
      'facts tight',
    )}
  </article> `
}

function signerOf({ name, keyId }: WaiverUse['signedBy']): Html {
  return html`${data(name)} <span class="quiet">key</span> ${digest(keyId)}`
}

function confirmationsTable(confirmations: readonly ConfirmationUse[]): Html | null {
  if (confirmations.length === 0) return null
  const { rows, more } = capped(confirmations, mostWaivers, ({ id, control, state, reason, signedBy, decidedAt, findings }) => {
    return html`<tr>
      <th scope="row">${data(id)}</th>
      <td>${code(control)}</td>
      <td>${confirmationStateWords[state]}</td>
      <td>${plural(findings.length, 'finding')}</td>
      <td>${signerOf(signedBy)}, ${moment(decidedAt)} UTC: ${data(reason)}</td>
    </tr> `
  })
  const caption = html`Confirmed: what people looked at and found to be violations`
  return html`${table(caption, ['Decision', 'Control', 'State', 'Of this window', 'By whom, when and why'], rows)}${more}`
}

function left({ state, notBefore, expires }: WaiverUse, evaluatedAt: string): string {
  return state === 'not_yet' ? startsIn(evaluatedAt, notBefore) : remaining(evaluatedAt, expires)
}

function accepted({ findings }: WaiverUse, byFingerprint: ReadonlyMap<string, Finding>): Part {
  if (findings.length === 0) return 'nothing that was seen in this window'
  const items = findings.slice(0, mostCovered).map((fingerprint) => {
    const finding = byFingerprint.get(fingerprint)
    if (!finding) return html`<li>${digest(fingerprint)}</li>`
    const { verb, object } = actWords(finding)
    return html`<li>
      ${verb} ${object === null ? null : code(object, 500)} in ${inline(finding.workloads, mostCovered)}, ${digest(fingerprint)}
    </li>`
  })
  const more = findings.length - mostCovered
  return [
    html`<ul class="plain">
      ${items}
    </ul>`,
    more > 0 ? moreInReport(more) : null,
  ]
}

function otherDecisions(decisions: Report['decisions']): Html | null {
  if (decisions.length === 0) return null
  const { rows, more } = capped(decisions, mostWaivers, ({ id, digest: hash, ledgerIndex, signedBy }) => {
    return html`<tr>
      <th scope="row">${data(id)}</th>
      <td>${data(signedBy.name)} ${digest(signedBy.keyId)}</td>
      <td class="n">${ledgerIndex}</td>
      <td>${digest(hash)}</td>
    </tr> `
  })
  const caption = html`${plural(decisions.length, 'more signed decision')} in the ledger that belong to these or did not count`
  return html`${table(caption, ['Decision', 'Signed by', 'Ledger entry', 'Digest'], rows)}${more}`
}

function refusedTable(refused: Report['refusedWaivers']): Html | null {
  if (refused.length === 0) return null
  const { rows, more } = capped(refused, mostWaivers, ({ source, id, why }) => {
    return html`<tr>
      <th scope="row">${id === null ? 'no id' : data(id)}</th>
      <td>${code(source)}</td>
      <td>${data(why)}</td>
    </tr> `
  })
  return html`${table(html`Refused: these waivers were given and do not count`, ['Waiver', 'File', 'Why'], rows)}${more}`
}
