import type { Report } from '../../../core/model/report.ts'
import type { Seal } from '../html.ts'
import { minutesBetween, moment, span, spelled } from '../moments.ts'
import { otherWords, scores, scoreWords, summarySentence } from '../summary.ts'
import { ink, type Paper } from './paper.ts'
import { colours, reasons, verdictCell, verdictText } from './parts.ts'

/** Whose report, which time, the verdict, why, and both scores. */
export function head(paper: Paper, report: Report, seal: Seal): void {
  const { scope, window, judgement, manifest, producer } = report
  paper.paragraph('Runtime Assurance Report', { colour: ink.quiet, gap: 1 })
  paper.heading(1, `${scope.application} / ${scope.environment}`)
  const cluster = scope.cluster === null ? '' : `, cluster ${scope.cluster}`
  const length = spelled(minutesBetween(window.start, window.end))
  paper.paragraph(`${span(window.start, window.end)} UTC (${length}${cluster})`, { size: 10, gap: 8 })
  if (seal.sample === true)
    paper.paragraph('Sample: this report was made from sample data. It says nothing about a real system.', { face: 'bold' })
  paper.paragraph(verdictText(judgement.verdict), { face: 'bold', size: 25, colour: colours[judgement.verdict], gap: 4 })
  paper.paragraph(summarySentence(report), { size: 10.5, gap: 6 })
  reasons(paper, judgement.reasons)
  paper.table(
    'Both scores: every control is in the total, a waived or unjudged one is never dropped from it',
    [
      { head: 'Score', share: 2 },
      { head: 'Verdict', share: 2 },
      { head: 'Controls passed', share: 3 },
      { head: 'Others', share: 5 },
    ],
    scores(report).map((score) => [score.name, verdictCell(score.verdict), scoreWords(score), otherWords(score) || 'none']),
  )
  paper.facts([
    ['Evaluated at', `${moment(report.evaluatedAt)} UTC`],
    ['Manifest', `${manifest.name} ${manifest.version}, owner ${manifest.owner}`],
    ['Signed by', `${seal.signer.name}, key ${seal.signer.keyId}`],
    ['Report digest', `sha256 ${seal.reportDigest}`, 'mono'],
    ['Made by', `${producer.name} ${producer.version}`],
  ])
}
