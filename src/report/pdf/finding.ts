import { effects } from '../../../core/model/act.ts'
import type { Finding } from '../../../core/model/judgement.ts'
import { checkWords, contrast } from '../check-words.ts'
import { moment } from '../moments.ts'
import { clip } from '../visible.ts'
import { actWords, becauseWords, grouped, listed, plural, recurrenceWords } from '../words.ts'
import { ink, type Paper } from './paper.ts'

/** One behaviour in a few lines: what, where, how sure, how often, who saw it, and an example. */
export function oneFinding(paper: Paper, finding: Finding): void {
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
  const words = checkWords(finding)
  const said = words && contrast(words)
  if (typeof said === 'string') paper.paragraph(clip(said, 500).kept, { gap: 1 })
  if (typeof words?.remediation === 'string') paper.paragraph(`Remediation: ${clip(words.remediation, 1000).kept}`, { gap: 1 })
  paper.paragraph(finding.fingerprint, { face: 'mono', size: 6.6, colour: ink.quiet, gap: 5 })
}
