import type { Report } from '../../core/model/report.ts'
import { minutesBetween, moment, remaining, span, spelled, startsIn } from './moments.ts'
import { findingsInOrder } from './order.ts'
import { redactionLines } from './redaction.ts'
import { otherWords, scores, scoreWords, summarySentence, type Score } from './summary.ts'
import { controlsText, findingText, verdictText } from './text/controls.ts'
import { coverageText } from './text/coverage.ts'
import { hanging, pad, painter, safe, wrap, type Paint } from './text/layout.ts'
import { clip } from './visible.ts'
import { grouped, listed, moreInReport, plural, signersOf, waiverStateWords } from './words.ts'

const mostWaivers = 20
const mostUnmapped = 10
const mostOutcomes = 60
const mostReasons = 5

/**
 * The report as a terminal shows it, at most `columns` wide (60 at least, 110 at most, so that lines stay readable). Text of the
 * report cannot move the cursor, colour anything or reorder a line. Lists that are cut say so.
 */
export function reportText(report: Report, options: { readonly columns: number; readonly colour: boolean }): string {
  const columns = Math.min(110, Math.max(60, Math.floor(options.columns) || 80))
  const paint = painter(options.colour)
  const parts = [
    headText(report, columns, paint),
    controlsText(report, columns, paint),
    coverageText(report, columns, paint),
    waiversText(report, columns, paint),
    unmappedText(report, columns, paint),
    previousText(report, columns, paint),
    tallyText(report, columns, paint),
  ]
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.trimEnd()).join('\n'))
    .join('\n\n')
}

function headText(report: Report, columns: number, paint: Paint): readonly string[] {
  const { scope, window, judgement, evaluatedAt } = report
  const length = spelled(minutesBetween(window.start, window.end))
  const name = wrap(`${safe(scope.application)} / ${safe(scope.environment)}`, columns)
  const left = judgement.reasons.length - mostReasons
  return [
    ...name.map((line) => paint(line, 'bold')),
    ...wrap(`${span(window.start, window.end)} UTC (${length}), evaluated at ${moment(evaluatedAt)} UTC`, columns),
    '',
    paint(verdictText(judgement.verdict, (text) => text).toUpperCase(), 'bold'),
    ...wrap(safe(summarySentence(report)), columns),
    ...judgement.reasons.slice(0, mostReasons).flatMap(({ message }) => hanging('  - ', safe(clip(message, 500).kept), columns)),
    ...(left > 0 ? [`  ${moreInReport(left)}`] : []),
    '',
    ...scores(report).flatMap((score) => scoreLines(score, columns, paint)),
  ]
}

function scoreLines(score: Score, columns: number, paint: Paint): readonly string[] {
  const others = otherWords(score)
  const plain = verdictText(score.verdict, (text) => text)
  const lead = `${pad(score.name.toLowerCase(), 15)}${pad(plain, 16)}`
  const lines = hanging(lead, `${scoreWords(score)}${others === '' ? '' : `, ${others}`}`, columns)
  return lines.map((line, index) => (index === 0 ? line.replace(plain, () => verdictText(score.verdict, paint)) : line))
}

function waiversText(
  { judgement: { waivers }, refusedWaivers, evaluatedAt }: Report,
  columns: number,
  paint: Paint,
): readonly string[] {
  if (waivers.length + refusedWaivers.length === 0) return []
  const lines = waivers.slice(0, mostWaivers).flatMap(({ id, control, state, expires, notBefore, findings, ...use }) => {
    const end = state === 'not_yet' ? startsIn(evaluatedAt, notBefore) : remaining(evaluatedAt, expires)
    const covers = findings.length === 0 ? 'covers nothing in this window' : `covers ${plural(findings.length, 'finding')}`
    const signer = signersOf(use)
      .map(({ name, keyId }) => `${safe(name)} (key ${safe(clip(keyId, 12).kept)}…)`)
      .join(' and ')
    return hanging(
      '  - ',
      `${safe(id)} for ${safe(control)}: ${waiverStateWords[state]}, until ${moment(expires)} UTC (${end}), signed by ${signer}, ${covers}`,
      columns,
    )
  })
  const refused = refusedWaivers
    .slice(0, mostWaivers)
    .flatMap(({ source, id, why }) =>
      hanging('  - ', `refused: ${safe(id ?? 'no id')} in ${safe(source)}: ${safe(why)}`, columns),
    )
  const left = Math.max(0, waivers.length - mostWaivers) + Math.max(0, refusedWaivers.length - mostWaivers)
  return [paint('WAIVERS', 'bold'), ...lines, ...refused, ...(left > 0 ? [`  ${moreInReport(left)}`] : [])]
}

function unmappedText({ judgement: { findings } }: Report, columns: number, paint: Paint): readonly string[] {
  const unmapped = findings.filter(({ control }) => control === null)
  if (unmapped.length === 0) return []
  const left = unmapped.length - mostUnmapped
  return [
    paint('MAPPED BY NO CONTROL', 'bold'),
    ...findingsInOrder(unmapped)
      .slice(0, mostUnmapped)
      .flatMap((finding) => findingText(finding, '  - ', columns)),
    ...(left > 0 ? [`  ${moreInReport(left)}`] : []),
  ]
}

function previousText({ previous, judgement: { gone } }: Report, columns: number, paint: Paint): readonly string[] {
  if (previous === null) return []
  const digest = `${safe(clip(previous.reportDigest, 12).kept)}…`
  const missing =
    gone.length === 0 ? '' : `; ${plural(gone.length, 'finding')} of it ${gone.length === 1 ? 'was' : 'were'} not seen again`
  return [
    paint('PREVIOUS REPORT', 'bold'),
    ...hanging('  ', `${previous.relation} ${safe(previous.windowId)} (${digest})${missing}`, columns),
  ]
}

function tallyText(report: Report, columns: number, paint: Paint): readonly string[] {
  const { judgement, quarantine } = report
  const { tally } = judgement
  const redaction = redactionLines(report)
  const outcomes = Object.entries(tally).sort(([a], [b]) => (a < b ? -1 : 1))
  const width = Math.max(0, ...outcomes.slice(0, mostOutcomes).map(([, count]) => grouped(count).length))
  const left = outcomes.length - mostOutcomes
  const reasons = Object.entries(quarantine.reasons)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([why, count]) => `${safe(clip(why, 200).kept)} (${grouped(count)})`)
  return [
    paint('EVENTS', 'bold'),
    ...outcomes
      .slice(0, mostOutcomes)
      .flatMap(([name, count]) => hanging(`  ${pad(grouped(count), width, 'left')}  `, safe(name.replace('/', ' / ')), columns)),
    ...(left > 0 ? [`  ${moreInReport(left)}`] : []),
    ...(outcomes.length === 0 ? ['  none was read'] : []),
    ...(quarantine.count === 0
      ? []
      : hanging('  ', `quarantined: ${plural(quarantine.count, 'line')}: ${listed(reasons, 20)}`, columns)),
    ...(redaction === null ? [] : hanging('  ', safe(redaction.rules), columns)),
    ...(redaction === null || redaction.leftIn === null ? [] : hanging('  ! ', safe(redaction.leftIn), columns)),
  ]
}
