import type { Report } from '../../../core/model/report.ts'
import { findingsInOrder } from '../order.ts'
import { redactionLines } from '../redaction.ts'
import { clip } from '../visible.ts'
import { grouped, listed, plural, tallyWords } from '../words.ts'
import { oneFinding } from './finding.ts'
import type { Paper } from './paper.ts'
import { more, warn } from './parts.ts'

const mostFindings = 40
const mostRows = 200
const mostGone = 60

/** Detections that no control speaks about. */
export function unmapped(paper: Paper, { judgement: { findings } }: Report): void {
  const loose = findingsInOrder(findings.filter(({ control }) => control === null))
  paper.heading(2, 'Not mapped by any control')
  if (loose.length === 0) return paper.paragraph('Every detection of the window is mapped by a control.')
  paper.paragraph(`${plural(loose.length, 'detection')} that no control speaks about.`)
  for (const finding of loose.slice(0, mostFindings)) oneFinding(paper, finding)
  more(paper, loose.length - mostFindings)
}

/** What became of every event that was read. */
export function tally(paper: Paper, report: Report): void {
  const { judgement, quarantine, evidence } = report
  const outcomes = Object.entries(judgement.tally).sort(([a], [b]) => (a < b ? -1 : 1))
  paper.heading(2, 'What became of every event')
  if (outcomes.length === 0) paper.paragraph('No event was read.')
  else
    paper.table(
      'Events by outcome',
      [
        { head: 'Outcome', share: 3.4 },
        { head: 'Of', share: 3 },
        { head: 'Meaning', share: 5 },
        { head: 'Events', share: 1.4, right: true },
      ],
      outcomes.slice(0, mostRows).map(([name, count]) => {
        const [outcome = '', ...of] = name.split('/')
        return [outcome.replaceAll('_', ' '), of.join(' / '), tallyWords.get(outcome) ?? '', grouped(count)]
      }),
    )
  more(paper, outcomes.length - mostRows)
  const why = Object.entries(quarantine.reasons)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([reason, count]) => `${clip(reason, 200).kept} (${grouped(count)})`)
  paper.paragraph(
    quarantine.count === 0
      ? 'Everything that was received could be read.'
      : `${plural(quarantine.count, 'line')} could not be read and ${quarantine.count === 1 ? 'is' : 'are'} kept in quarantine: ${listed(why, 40)}.`,
  )
  const redaction = redactionLines(report)
  if (redaction !== null) paper.paragraph(redaction.rules)
  if (redaction !== null && redaction.leftIn !== null) warn(paper, redaction.leftIn)
  paper.paragraph(`The sealed evidence has ${plural(evidence.lines, 'line')}.`)
}

/** How this report stands to the one before it. */
export function previous(paper: Paper, { previous: before, judgement: { gone } }: Report): void {
  paper.heading(2, 'Previous report')
  paper.paragraph(
    before === null
      ? 'This is the first report of its scope that the ledger’s owner told it about.'
      : `This report ${before.relation} the report of window ${before.windowId} with digest ${before.reportDigest}.`,
  )
  if (gone.length === 0) return
  paper.paragraph(
    `${plural(gone.length, 'finding')} of the window before ${gone.length === 1 ? 'was' : 'were'} not seen in this one. Not seen is not the same as remedied: it counts only as far as somebody was looking.`,
  )
  for (const { fingerprint, watched } of gone.slice(0, mostGone))
    paper.paragraph(`${fingerprint}${watched ? '' : ' (nobody was looking well enough to tell)'}`, {
      face: 'mono',
      size: 7,
      gap: 1,
    })
  more(paper, gone.length - mostGone)
}
