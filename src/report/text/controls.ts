import type { ControlResult, ControlVerdict, Finding } from '../../../core/model/judgement.ts'
import type { Report } from '../../../core/model/report.ts'
import { effects } from '../../../core/model/act.ts'
import { checkWords, contrast } from '../check-words.ts'
import { controlsInOrder, findingsInOrder } from '../order.ts'
import { clip } from '../visible.ts'
import { actWords, grouped, listed, moreInReport, percent, plural, verdictWords } from '../words.ts'
import { hanging, pad, safe, wrap, type Paint, type Style } from './layout.ts'

const mostReasons = 5
const mostFindings = 3
const verdictStyles: Readonly<Record<ControlVerdict, Style>> = {
  pass: 'green',
  fail: 'red',
  waived: 'cyan',
  review: 'yellow',
  inconclusive: 'magenta',
  not_applicable: 'dim',
}

/** `✗ fail`, in its colour. */
export function verdictText(verdict: ControlVerdict, paint: Paint): string {
  return paint(markAndWord(verdict), verdictStyles[verdict])
}

/** Controls as a table, worst first; under each that does not pass, why, and the first findings behind it. */
export function controlsText({ judgement }: Report, columns: number, paint: Paint): readonly string[] {
  const controls = controlsInOrder(judgement.controls)
  const findings = Map.groupBy(judgement.findings, ({ control }) => control)
  const nameWidth = Math.max(12, columns - markWidth - numbersWidth)
  const head = ' '.repeat(markWidth) + pad('', nameWidth) + numbers('found', 'waived', 'excepted', 'watched')
  return [
    paint('CONTROLS', 'bold') + paint(head.slice('CONTROLS'.length), 'dim'),
    ...controls.flatMap((control) => controlLines(control, findings.get(control.id) ?? [], nameWidth, columns, paint)),
    ...(controls.length === 0 ? ['  none'] : []),
    ...(controls.some(lacking) ? [paint('(!) watched less than the manifest requires', 'dim')] : []),
  ]
}

/** One line per finding: what, where, how often, and what really happened to it. */
export function findingText(finding: Finding, lead: string, columns: number): readonly string[] {
  const { verb, object } = actWords(finding)
  const seen = effects
    .filter((effect) => finding.effects[effect] > 0)
    .map((effect) => `${effect} ${grouped(finding.effects[effect])}`)
  const where = `${finding.attributed ? 'in' : 'in one of'} ${listed(finding.workloads.map(safe), 3)}`
  const by = listed(
    finding.sensors.map(({ sensor, rules }) => safe(rules[0] === undefined ? sensor : `${sensor} “${clip(rules[0], 80).kept}”`)),
    3,
  )
  const spared = finding.excepted === null ? decidedWords(finding) : ', excepted'
  const act = `${verb}${object === null ? '' : ` ${safe(clip(object, 200).kept)}`}`
  const told = hanging(
    lead,
    `${finding.severity}: ${act} ${where}, ${plural(finding.count, 'time')} (${seen.join(', ')}) by ${by}${spared}`,
    columns,
  )
  return [...told, ...checkLines(finding, ' '.repeat(lead.length), columns)]
}

/** What a state check expected and found, and what to do about it. */
function checkLines(finding: Finding, indent: string, columns: number): readonly string[] {
  const words = checkWords(finding)
  if (words === null) return []
  const said = contrast(words)
  return [
    ...(said === null ? [] : hanging(indent, safe(clip(said, 300).kept), columns)),
    ...(words.remediation === null ? [] : hanging(indent, `remediation: ${safe(clip(words.remediation, 500).kept)}`, columns)),
  ]
}

/** What people said about it. */
function decidedWords({ waivedBy, confirmedBy, awaitsSecondPerson }: Finding): string {
  const confirmed = confirmedBy === undefined ? '' : ', confirmed'
  const alone = awaitsSecondPerson === undefined ? '' : ', accepted by one person where it takes two'
  return `${waivedBy.length === 0 ? '' : ', waived'}${confirmed}${alone}`
}

const markWidth = 15
const numbersWidth = 32

function controlLines(
  control: ControlResult,
  findings: readonly Finding[],
  nameWidth: number,
  columns: number,
  paint: Paint,
): readonly string[] {
  const { verdict, verdictBeforeWaivers: before, counts, watched, reasons } = control
  const least = watched.reduce((low, { ratio }) => Math.min(low, ratio), Number.POSITIVE_INFINITY)
  const share = watched.length === 0 ? '–' : `${lacking(control) ? '!' : ''}${percent(least)}`
  const [name = '', ...restOfName] = wrap(safe(control.id), nameWidth - 1)
  const mark = verdictText(verdict, paint) + ' '.repeat(Math.max(1, markWidth - markAndWord(verdict).length))
  const lines = [
    mark + pad(name, nameWidth) + numbers(grouped(counts.violations), grouped(counts.waived), grouped(counts.excepted), share),
    ...restOfName.map((line) => ' '.repeat(markWidth) + line),
  ]
  if (verdict === 'pass' && before === 'pass') return lines
  const left = reasons.length - mostReasons
  return [
    ...lines,
    ...hanging('    ', safe(control.title), columns),
    ...(before === verdict ? [] : [`    as observed: ${markAndWord(before)}`]),
    ...reasons.slice(0, mostReasons).flatMap(({ message }) => hanging('    ', safe(clip(message, 500).kept), columns)),
    ...(left > 0 ? [`    ${moreInReport(left)}`] : []),
    ...findingsInOrder(findings)
      .slice(0, mostFindings)
      .flatMap((finding) => findingText(finding, '    - ', columns)),
    ...(findings.length > mostFindings ? [`    ${moreInReport(findings.length - mostFindings)}`] : []),
  ]
}

function lacking({ watched }: ControlResult): boolean {
  return watched.some(({ sufficient }) => !sufficient)
}

function numbers(found: string, waived: string, excepted: string, watched: string): string {
  return pad(found, 6, 'left') + pad(waived, 7, 'left') + pad(excepted, 9, 'left') + pad(watched, 10, 'left')
}

function markAndWord(verdict: ControlVerdict): string {
  return `${verdictWords[verdict].mark} ${verdictWords[verdict].word.toLowerCase()}`
}
