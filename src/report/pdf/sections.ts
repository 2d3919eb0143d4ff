import { effects } from '../../../core/model/act.ts'
import type { ControlResult, ControlVerdict, Finding, WaiverUse } from '../../../core/model/judgement.ts'
import type { Report } from '../../../core/model/report.ts'
import type { Seal } from '../html.ts'
import { minutesBetween, moment, remaining, span, spelled, startsIn } from '../moments.ts'
import { controlsInOrder, findingsInOrder } from '../order.ts'
import { otherWords, scores, scoreWords, summarySentence } from '../summary.ts'
import { clip } from '../visible.ts'
import { blindRuns, instanceLabel } from '../watching.ts'
import {
  actWords,
  becauseWords,
  effectMeans,
  grouped,
  listed,
  moreInReport,
  percent,
  plural,
  recurrenceWords,
  stateWords,
  tallyWords,
  verdictWords,
  waiverStateWords,
} from '../words.ts'
import { ink, type Cell, type Paper } from './paper.ts'
import { axis, legend, strip } from './strips.ts'

const most = {
  findings: 40,
  findingsInAll: 200,
  reasons: 20,
  waivers: 100,
  instances: 60,
  blind: 100,
  watched: 40,
  rows: 200,
  gone: 60,
}

const colours: Readonly<Record<ControlVerdict, string>> = {
  pass: '#17693a',
  fail: '#b01e1e',
  review: '#8a4b00',
  inconclusive: '#5b3fa6',
  waived: '#0a6170',
  not_applicable: '#585d66',
}

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
  const each = Math.max(5, Math.min(most.findings, Math.floor(most.findingsInAll / Math.max(1, findings.size))))
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

/** Who watched when: strips, every blind stretch by name, totals that add up. */
export function coverage(paper: Paper, { judgement: { coverage: watched }, window }: Report): void {
  const { instances, totals } = watched
  paper.heading(2, 'Coverage')
  paper.paragraph(
    `Was anybody looking? Each strip is one sensor instance over the whole window of ${plural(watched.minutes, 'minute')}, ${span(window.start, window.end)} UTC. Gaps too short to see are drawn wider than they were; the table has their minutes.`,
  )
  legend(paper)
  if (instances.length === 0) warn(paper, 'No sensor instance is in the report: nobody was looking.')
  for (const instance of instances.slice(0, most.instances)) strip(paper, instance, window)
  if (instances.length > 0) axis(paper, window)
  more(paper, instances.length - most.instances)
  const blind = blindRuns(watched)
  if (blind.length === 0) paper.paragraph('No sensor instance was silent or degraded in any minute of the window.')
  else {
    const longest = blind.length > most.blind ? [...blind].sort((a, b) => b.minutes - a.minutes) : blind
    paper.table(
      `Silent and degraded minutes${blind.length > most.blind ? ', longest first' : ''}`,
      [
        { head: 'Sensor instance', share: 3 },
        { head: 'State', share: 1.7 },
        { head: 'From – to (UTC)', share: 3.2 },
        { head: 'Minutes', share: 1.3, right: true },
        { head: 'Why', share: 6 },
      ],
      longest
        .slice(0, most.blind)
        .map(({ instance, run, minutes }) => [
          `${instanceLabel(instance)}${instance.required ? '' : ' (not required)'}`,
          { text: stateWords[run.state], face: 'bold', colour: run.state === 'silent' ? ink.warn : '#7a4d00' },
          span(run.from, run.to),
          grouped(minutes),
          listed(run.why.slice(0, 5), 5),
        ]),
    )
    more(paper, blind.length - most.blind)
  }
  const { population, observed, degraded, silent, outOfScope } = totals
  const sum = observed + degraded + silent + outOfScope
  const words = `Of ${plural(population, 'promised minute')} (control × workload × required sensor): ${grouped(observed)} observed + ${grouped(degraded)} degraded + ${grouped(silent)} silent + ${grouped(outOfScope)} out of scope = ${grouped(sum)}`
  if (sum === population) paper.paragraph(`${words}: the parts add up.`)
  else warn(paper, `${words}, which is not the population. Do not rely on this report.`)
}

/** What people accepted, who signed it and when it ends; and what was refused. */
export function waivers(paper: Paper, report: Report): void {
  const { judgement, refusedWaivers, evaluatedAt } = report
  paper.heading(2, 'Waivers')
  if (judgement.waivers.length === 0) paper.paragraph('No waiver was given to the judgement.')
  else
    paper.paragraph(`States are as of the evaluation, ${moment(evaluatedAt)} UTC. A waiver changes the score after waivers only.`)
  for (const waiver of judgement.waivers.slice(0, most.waivers)) oneWaiver(paper, waiver, report)
  more(paper, judgement.waivers.length - most.waivers)
  if (refusedWaivers.length === 0) return
  paper.table(
    'Refused: these waivers were given and do not count',
    [
      { head: 'Waiver', share: 2 },
      { head: 'File', share: 3 },
      { head: 'Why', share: 6 },
    ],
    refusedWaivers
      .slice(0, most.waivers)
      .map(({ source, id, why }) => [id ?? 'no id', { text: source, face: 'mono' as const }, why]),
  )
  more(paper, refusedWaivers.length - most.waivers)
}

/** Detections that no control speaks about. */
export function unmapped(paper: Paper, { judgement: { findings } }: Report): void {
  const loose = findingsInOrder(findings.filter(({ control }) => control === null))
  paper.heading(2, 'Not mapped by any control')
  if (loose.length === 0) return paper.paragraph('Every detection of the window is mapped by a control.')
  paper.paragraph(`${plural(loose.length, 'detection')} that no control speaks about.`)
  for (const finding of loose.slice(0, most.findings)) oneFinding(paper, finding)
  more(paper, loose.length - most.findings)
}

/** What became of every event that was read. */
export function tally(paper: Paper, { judgement, quarantine, evidence }: Report): void {
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
      outcomes.slice(0, most.rows).map(([name, count]) => {
        const [outcome = '', ...of] = name.split('/')
        return [outcome.replaceAll('_', ' '), of.join(' / '), tallyWords.get(outcome) ?? '', grouped(count)]
      }),
    )
  more(paper, outcomes.length - most.rows)
  const why = Object.entries(quarantine.reasons)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([reason, count]) => `${clip(reason, 200).kept} (${grouped(count)})`)
  paper.paragraph(
    quarantine.count === 0
      ? 'Everything that was received could be read.'
      : `${plural(quarantine.count, 'line')} could not be read and ${quarantine.count === 1 ? 'is' : 'are'} kept in quarantine: ${listed(why, 40)}.`,
  )
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
  for (const { fingerprint, watched } of gone.slice(0, most.gone))
    paper.paragraph(`${fingerprint}${watched ? '' : ' (nobody was looking well enough to tell)'}`, {
      face: 'mono',
      size: 7,
      gap: 1,
    })
  more(paper, gone.length - most.gone)
}

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
  for (const one of lacking.slice(0, most.watched)) {
    paper.paragraph(
      `Not enough: ${one.sensor} watched ${one.workload} for ${percent(one.ratio)}, ${percent(one.minCoverage)} is required (${grouped(one.silent)} minutes silent).`,
      { colour: ink.warn, gap: 2 },
    )
  }
  more(paper, lacking.length - most.watched)
  for (const finding of findingsInOrder(findings).slice(0, each)) oneFinding(paper, finding)
  more(paper, findings.length - each)
}

function oneFinding(paper: Paper, finding: Finding): void {
  const { identity, count, first, last, sensors, effects: counts, samples } = finding
  const { verb, object } = actWords(finding)
  const spared =
    finding.excepted !== null
      ? `; excepted: “${finding.excepted}”`
      : finding.waivedBy.length > 0
        ? `; waived by ${listed(finding.waivedBy, 10)}`
        : ''
  const by = identity.executable === null ? '' : ` by ${identity.executable}`
  const where = `${finding.attributed ? 'in' : 'in one of'} ${listed(finding.workloads, 10)}`
  paper.keep(46)
  paper.paragraph(`• ${verb}${object === null ? '' : ` ${clip(object, 300).kept}`}${by} ${where}`, { face: 'bold', gap: 1 })
  const times =
    first === null || last === null ? 'time unknown' : first === last ? moment(first) : `${moment(first)} to ${moment(last)}`
  const seen = effects.filter((effect) => counts[effect] > 0).map((effect) => `${effect} ${grouped(counts[effect])}×`)
  const who = sensors.map(({ sensor, rules }) => (rules[0] === undefined ? sensor : `${sensor} “${clip(rules[0], 120).kept}”`))
  paper.paragraph(
    `${finding.severity}, confidence ${finding.confidence}, ${becauseWords[finding.because]}, ${recurrenceWords[finding.recurrence]}; ${plural(count, 'time')}, ${times}${finding.placed ? '' : ' (not believable)'} UTC; ${listed(seen, 4)}; by ${listed(who, 6)}${spared}.`,
    { gap: 1 },
  )
  const commandLine = samples.find((sample) => sample.commandLine !== null)?.commandLine
  if (typeof commandLine === 'string') paper.paragraph(clip(commandLine, 500).kept, { face: 'mono', size: 7.2, gap: 1 })
  paper.paragraph(finding.fingerprint, { face: 'mono', size: 6.6, colour: ink.quiet, gap: 5 })
}

function oneWaiver(paper: Paper, waiver: WaiverUse, { evaluatedAt, decisions }: Report): void {
  const { id, state, notBefore, expires } = waiver
  const logged = decisions.find(({ digest }) => digest === waiver.digest)
  const left = state === 'not_yet' ? startsIn(evaluatedAt, notBefore) : remaining(evaluatedAt, expires)
  paper.heading(3, `${id}: ${waiverStateWords[state]}, ${left}`)
  paper.facts([
    ['Control', waiver.control],
    ['Covers', waiver.findings.length === 0 ? 'nothing that was seen in this window' : plural(waiver.findings.length, 'finding')],
    ['Reason', waiver.reason],
    ['Compensating control', waiver.compensatingControl],
    ['Requested by', waiver.requestedBy],
    ['Signed by', `${waiver.signedBy.name}, key ${waiver.signedBy.keyId}`],
    ['Holds', `from ${moment(notBefore)} until ${moment(expires)} UTC`],
    ['Digest', `${waiver.digest}${logged ? `, ledger entry ${logged.ledgerIndex}` : ''}`, 'mono'],
  ])
}

function reasons(paper: Paper, all: ControlResult['reasons']): void {
  for (const { message, rule } of all.slice(0, most.reasons))
    paper.paragraph(`– ${clip(message, 900).kept} (${rule})`, { gap: 2 })
  more(paper, all.length - most.reasons)
}

function more(paper: Paper, left: number): void {
  if (left > 0) paper.paragraph(moreInReport(left), { face: 'bold', colour: '#8a4b00' })
}

function warn(paper: Paper, text: string): void {
  paper.paragraph(text, { face: 'bold', colour: ink.warn })
}

function verdictText(verdict: ControlVerdict): string {
  return `${verdictWords[verdict].mark} ${verdictWords[verdict].word}`
}

function verdictCell(verdict: ControlVerdict): Cell {
  return { text: verdictText(verdict), face: 'bold', colour: colours[verdict] }
}
