import { effects } from '../../../core/model/act.ts'
import type { ControlResult, Finding } from '../../../core/model/judgement.ts'
import type { Report } from '../../../core/model/report.ts'
import { controlsInOrder, findingsInOrder } from '../order.ts'
import { clip } from '../visible.ts'
import { effectMeans, grouped, listed, percent, plural, verdictWords } from '../words.ts'
import { oneFinding } from './finding.ts'
import { ink, type Cell, type Paper } from './paper.ts'
import { more, reasons, verdictCell, verdictText } from './parts.ts'

const mostFindings = 40
const mostFindingsInAll = 200
const mostWatched = 40

/** Every control as a row, then each in words; worst first. */
export function controls(paper: Paper, { judgement }: Report): void {
  const inOrder = controlsInOrder(judgement.controls)
  const findings = Map.groupBy(judgement.findings, ({ control }) => control)
  paper.heading(2, 'Controls')
  if (inOrder.length === 0) return paper.paragraph('The report has no control.')
  paper.table(
    `${plural(inOrder.length, 'control')}, worst first`,
    [
      { head: 'Control', share: 6 },
      { head: 'Verdict', share: 2.4 },
      { head: 'As observed', share: 2.4 },
      { head: 'Found', share: 1.2, right: true },
      { head: 'Waived', share: 1.3, right: true },
      { head: 'Excepted', share: 1.75, right: true },
      { head: 'Watched', share: 1.8, right: true },
    ],
    inOrder.map(overviewRow),
  )
  const each = Math.max(5, Math.min(mostFindings, Math.floor(mostFindingsInAll / Math.max(1, findings.size))))
  const quiet = inOrder.filter((control) => isQuiet(control) && !findings.has(control.id))
  for (const control of inOrder) if (!quiet.includes(control)) oneControl(paper, control, findings.get(control.id) ?? [], each)
  if (quiet.length > 0) {
    paper.heading(3, `${plural(quiet.length, 'control')} without a finding`)
    for (const { verdict, title, reasons: why } of quiet)
      paper.paragraph(`${verdictText(verdict)}: ${title}. ${why.map(({ message }) => clip(message, 400).kept).join(' ')}`, {
        gap: 2,
      })
  }
  paper.heading(3, 'What the effects mean')
  paper.facts(effects.map((effect) => [effect, effectMeans[effect]] as const))
}

function overviewRow(control: ControlResult): readonly Cell[] {
  const { counts, watched } = control
  const least = watched.reduce((low, { ratio }) => Math.min(low, ratio), Number.POSITIVE_INFINITY)
  const lacks = watched.some(({ sufficient }) => !sufficient)
  return [
    { text: control.title, below: control.id },
    verdictCell(control.verdict),
    verdictCell(control.verdictBeforeWaivers),
    grouped(counts.violations),
    grouped(counts.waived),
    grouped(counts.excepted),
    watched.length === 0
      ? 'none'
      : { text: `${lacks ? '! ' : ''}${percent(least)}`, ...(lacks && { face: 'bold', colour: ink.warn }) },
  ]
}

/** Of a control that holds people want one line. */
function isQuiet({ verdict, verdictBeforeWaivers: before }: ControlResult): boolean {
  return (verdict === 'pass' || verdict === 'not_applicable') && before === verdict
}

function oneControl(paper: Paper, control: ControlResult, findings: readonly Finding[], each: number): void {
  const { verdict, verdictBeforeWaivers: before, counts, thresholds, watched } = control
  paper.heading(3, `${verdictWords[verdict].mark} ${verdictWords[verdict].word}: ${control.title}`)
  paper.paragraph(control.id, { face: 'mono', size: 7.4, colour: ink.quiet, gap: 2 })
  if (before !== verdict) paper.paragraph(`As observed, before waivers: ${verdictWords[before].word.toLowerCase()}.`, { gap: 2 })
  reasons(paper, control.reasons)
  const fails = `${plural(thresholds.fail.count, 'violation')} of severity ${thresholds.fail.severity} or more with confidence ${thresholds.fail.confidence} or more`
  paper.facts([
    [
      'Counts',
      `${plural(counts.violations, 'violation')} (${grouped(counts.waived)} waived), ${grouped(counts.excepted)} excepted, ${plural(counts.occurrences, 'occurrence')}`,
    ],
    ['Fails at', fails],
    ['Applies to', control.workloads.length === 0 ? 'no declared workload' : listed(control.workloads, 30)],
    ...Object.entries(control.frameworks)
      .slice(0, 12)
      .map(([name, ids]) => [clip(name, 60).kept, listed(ids, 30)] as const),
  ])
  const lacking = watched.filter(({ sufficient }) => !sufficient)
  for (const one of lacking.slice(0, mostWatched)) {
    paper.paragraph(
      `Not enough: ${one.sensor} watched ${one.workload} for ${percent(one.ratio)}, ${percent(one.minCoverage)} is required (${grouped(one.silent)} minutes silent).`,
      { colour: ink.warn, gap: 2 },
    )
  }
  more(paper, lacking.length - mostWatched)
  for (const finding of findingsInOrder(findings).slice(0, each)) oneFinding(paper, finding)
  more(paper, findings.length - each)
}
