import { agrees, type Explanation } from '../explain.ts'
import { clip } from '../visible.ts'
import { grouped, moreInReport, plural, verdictWords } from '../words.ts'
import { hanging, safe } from './layout.ts'

const most = 20

/** An explanation as a terminal shows it, step by step in the order of the procedure. */
export function explanationText(explanation: Explanation, columns: number): readonly string[] {
  const { control, title, behaviour, stage, verdict, verdictBeforeWaivers: before, match, cover, waive, gate } = explanation
  const item = (text: string, lead = '  - '): readonly string[] => hanging(lead, safe(clip(text, 900).kept), columns)
  const word = verdictWords[verdict]
  const observed = before === verdict ? '' : `, as observed ${verdictWords[before].word.toLowerCase()}`
  return [
    ...hanging('', `${safe(control)}: ${word.mark} ${word.word.toLowerCase()}${observed}`, columns),
    ...hanging('', `“${safe(title)}” (${behaviour}, stage ${stage})`, columns),
    ...(agrees(explanation) ? [] : ['', ...disagreement(explanation, columns)]),
    '',
    `1 MATCH   ${plural(match.behaviours, 'behaviour')} were sealed; ${plural(match.findings.length, 'finding')} of this control`,
    ...match.passed.flatMap(({ why, count, examples }) => [
      ...item(`${grouped(count)} ${why}`),
      ...examples.flatMap((example) => item(example, '      ')),
      ...(examples.length > 0 && count > examples.length ? [`      … and ${grouped(count - examples.length)} more`] : []),
    ]),
    ...match.findings
      .slice(0, most)
      .flatMap(({ fingerprint, what, lines }) => [
        ...item(what, '  * '),
        `    ${fingerprint}`,
        ...lines.flatMap((line) => item(line, '      - ')),
      ]),
    ...more(match.findings.length),
    '',
    '2 COVER   who had to watch, and did',
    ...(cover.lines.length === 0
      ? ['  - nobody was declared to watch this control']
      : cover.lines.slice(0, most).flatMap((line) => item(line))),
    ...more(cover.lines.length),
    ...cover.blind.slice(0, most).flatMap((line) => item(line, '  ! ')),
    ...more(cover.blind.length),
    ...(cover.lines.length > 0 && cover.blind.length === 0 ? ['  - none of them was blind in any minute'] : []),
    '',
    '3 WAIVE   what people accepted of it',
    ...(waive.waivers.length === 0
      ? ['  - no waiver names this control']
      : waive.waivers.slice(0, most).flatMap(({ id, says }) => item(`${id}: ${says}`))),
    ...more(waive.waivers.length),
    '',
    '4 GATE    what it compared, and why it decided so',
    ...gate.thresholds.flatMap((line) => item(line)),
    ...gate.reasons
      .slice(0, most)
      .flatMap(({ message, rule, place, code }) =>
        item(`${message} [${code}, ${rule}${place === null ? '' : ` at ${place}`}]`, '  > '),
      ),
    ...more(gate.reasons.length),
  ]
}

function more(count: number): readonly string[] {
  return count > most ? [`  ${moreInReport(count - most)}`] : []
}

function disagreement({ reported }: Explanation, columns: number): readonly string[] {
  const said =
    reported === null ? 'does not have this control' : `says ${reported.verdict} (as observed ${reported.verdictBeforeWaivers})`
  return hanging(
    '',
    `THE REPORT ${said.toUpperCase()}: judging its evidence again gives something else. Run runproof verify.`,
    columns,
  )
}
