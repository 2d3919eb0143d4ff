import type { Finding, Gone } from '../../../core/model/judgement.ts'
import type { Report } from '../../../core/model/report.ts'
import { findingsInOrder } from '../order.ts'
import { redactionLines } from '../redaction.ts'
import { grouped, plural, tallyWords } from '../words.ts'
import { findingItem } from './finding.ts'
import { capped, code, data, digest, disclosure, html, table, type Html } from './markup.ts'

const mostFindings = 200
const mostRows = 300
const fewFindings = 5

/** Detections that no control speaks about: they are part of the picture although nobody promised anything about them. */
export function unmappedOf({ judgement: { controls, findings } }: Report): Html {
  const known = new Set(controls.map(({ id }) => id))
  const unmapped = findings.filter(({ control }) => control === null)
  const strays = findings.filter(({ control }) => control !== null && !known.has(control))
  return html`<section id="unmapped" aria-labelledby="unmapped-head">
    <h2 id="unmapped-head">Not mapped by any control</h2>
    ${
      unmapped.length === 0
        ? html`<p>Every detection of the window is mapped by a control.</p>`
        : html`<p>
              ${plural(unmapped.length, 'detection')} that no control speaks about. The manifest’s author may want to map
              ${unmapped.length === 1 ? 'it' : 'them'}.
            </p>
            ${findingList('unmapped-findings', unmapped)}`
    }
    ${
      strays.length === 0
        ? null
        : html`<p class="warn">${plural(strays.length, 'finding')} of controls that the report does not have:</p>
            ${findingList('stray-findings', strays)}`
    }
  </section>`
}

/** What became of every event that was read, so that nothing is left unsaid. */
export function tallyOf(report: Report): Html {
  const { judgement, quarantine, evidence } = report
  const { tally } = judgement
  const redaction = redactionLines(report)
  const outcomes = Object.entries(tally).sort(([a], [b]) => (a < b ? -1 : 1))
  const { rows, more } = capped(outcomes, mostRows, ([name, count]) => outcomeRow(name, count))
  const reasons = Object.entries(quarantine.reasons).sort(([a], [b]) => (a < b ? -1 : 1))
  const unread = capped(
    reasons,
    mostRows,
    ([why, count]) =>
      html`<tr>
        <th scope="row">${data(why)}</th>
        <td class="n">${count}</td>
      </tr> `,
  )
  const absent = [...tallyWords.keys()].filter((name) => !outcomes.some(([key]) => key === name || key.startsWith(`${name}/`)))
  return html`<section id="events" aria-labelledby="events-head">
    <h2 id="events-head">What became of every event</h2>
    ${outcomes.length === 0 ? html`<p>No event was read.</p>` : html`${table(html`Events by outcome`, ['Outcome', 'Of', 'Meaning', 'Events'], rows)}${more}`}
    ${absent.length === 0 ? null : html`<p class="quiet">None: ${absent.map((name) => name.replaceAll('_', ' ')).join(', ')}.</p>`}
    <p>
      ${quarantine.count === 0 ? 'Everything that was received could be read.' : `${plural(quarantine.count, 'line')} could not be read and ${quarantine.count === 1 ? 'is' : 'are'} kept in quarantine:`}
    </p>
    ${reasons.length === 0 ? null : html`${table(html`Quarantine, by reason`, ['Reason', 'Lines'], unread.rows)}${unread.more}`}
    ${redaction === null ? null : html`<p>${data(redaction.rules)}</p>`}
    ${redaction === null || redaction.leftIn === null ? null : html`<p class="warn">${data(redaction.leftIn)}</p>`}
    <p>The sealed evidence has ${plural(evidence.lines, 'line')} (<code>${evidence.mediaType}</code>).</p>
  </section>`
}

/** How this report stands to the one before it. */
export function previousOf({ previous, judgement: { gone } }: Report): Html {
  const text =
    previous === null
      ? html`<p>This is the first report of its scope that the ledger’s owner told it about.</p>`
      : html`<p>
          This report <strong>${previous.relation}</strong> the report of window ${code(previous.windowId)} with digest
          ${digest(previous.reportDigest)}.${
            previous.relation === 'supersedes'
              ? ' The older one stays valid as a record of what was known then; nothing in it was rewritten.'
              : null
          }
        </p>`
  return html`<section id="previous" aria-labelledby="previous-head">
    <h2 id="previous-head">Previous report</h2>
    ${text}${goneOf(gone)}
  </section>`
}

function goneOf(gone: readonly Gone[]): Html | null {
  if (gone.length === 0) return null
  const { rows, more } = capped(
    gone,
    mostRows,
    ({ fingerprint, watched }) =>
      html`<li>${digest(fingerprint)}${watched ? null : ': nobody was looking well enough to tell'}</li>`,
  )
  const summary = html`${plural(gone.length, 'finding')} of the window before ${gone.length === 1 ? 'was' : 'were'} not seen in
  this one`
  return html`${disclosure(
      'gone',
      summary,
      html`<ul class="plain">
          ${rows}
        </ul>
        ${more}`,
    )}
    <p class="quiet">Not seen is not the same as remedied: it counts only as far as somebody was looking.</p>`
}

function findingList(id: string, findings: readonly Finding[]): Html {
  const { rows, more } = capped(findingsInOrder(findings), mostFindings, findingItem)
  const open = findings.length <= fewFindings
  return disclosure(
    id,
    html`${plural(findings.length, 'finding')}`,
    html`<ol class="findings">
        ${rows}
      </ol>
      ${more}`,
    open,
  )
}

function outcomeRow(name: string, count: number): Html {
  const slash = name.indexOf('/')
  const [outcome, detail] = slash === -1 ? [name, ''] : [name.slice(0, slash), name.slice(slash + 1)]
  return html`<tr>
    <th scope="row">${data(outcome.replaceAll('_', ' '))}</th>
    <td>${data(detail)}</td>
    <td class="quiet">${tallyWords.get(outcome) ?? null}</td>
    <td class="n">${grouped(count)}</td>
  </tr> `
}
