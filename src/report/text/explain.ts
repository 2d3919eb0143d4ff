import { agrees, type Explanation } from '../explain.ts'
import type { GateLines } from '../explain/gate-trace.ts'
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
    ...(explanation.remediation === null || verdict === 'pass' ? [] : item(`what to do: ${explanation.remediation}`, '')),
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
    ...givenLines(explanation).flatMap((line) => item(line, '  = ')),
    ...(gate.lines === null
      ? []
      : [
          '',
          '5 LINES   which lines of the gate had a part in the verdicts of this window',
          ...gate.lines.flatMap((file) => lineLines(file).flatMap((line) => item(line))),
        ]),
  ]
}

/** “fail” comes from precedence, gate.rego:54 */
function givenLines({ verdict, verdictBeforeWaivers: before, gate }: Explanation): readonly string[] {
  const said = Map.groupBy(gate.givenBy, (given) => given.verdict)
  const lines = [...said].map(([given, by]) => {
    const when = before === verdict ? '' : given === before ? ', as observed,' : ', after waivers,'
    return `“${verdictWords[given].word.toLowerCase()}”${when} comes from the gate’s rule ${by.map(({ rule, place }) => `${rule} at ${place}`).join(', and from ')}`
  })
  const apart = 'asked about this control alone the gate says something else: these are its rules for the whole window'
  return gate.alone || lines.length === 0 ? lines : [...lines, apart]
}

function lineLines({ file, evaluated, never }: GateLines): readonly string[] {
  const all = evaluated.length + never.length
  return [
    `${file}: ${grouped(evaluated.length)} of ${grouped(all)} lines that hold rules were evaluated`,
    ...(never.length === 0 ? [] : [`the window gave no occasion for lines ${ranges(never)}`]),
  ]
}

/** `3, 7–9` */
function ranges(rows: readonly number[]): string {
  const runs: [number, number][] = []
  for (const row of rows) {
    const last = runs.at(-1)
    if (last && last[1] === row - 1) last[1] = row
    else runs.push([row, row])
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(', ')
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
