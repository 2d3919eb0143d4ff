import type { ControlVerdict } from '../../../core/model/judgement.ts'
import type { ControlChange, ReportDiff } from '../diff.ts'
import { clip } from '../visible.ts'
import { plural, verdictWords } from '../words.ts'
import { hanging, safe, wrap } from './layout.ts'

/** A comparison as a terminal shows it: the verdicts, then what changed and why, worst first. */
export function diffText(diff: ReportDiff, columns: number): readonly string[] {
  const { scope, windows, verdict, observed, terms, controls, unmapped } = diff
  const moved = controls.filter(({ changed }) => changed)
  const rest = controls.filter(({ changed }) => !changed)
  const title = `${safe(scope.application)} / ${safe(scope.environment)}`
  return [
    ...wrap(title, columns),
    `  first   ${safe(windows.before)}`,
    `  second  ${safe(windows.after)}`,
    '',
    `after waivers  ${arrow(verdict.before, verdict.after)}`,
    `as observed    ${arrow(observed.before, observed.after)}`,
    ...section(
      'JUDGED BY OTHER TERMS',
      terms.flatMap((line) => hanging('  - ', safe(clip(line, 600).kept), columns)),
    ),
    ...section(
      `${plural(moved.length, 'VERDICT')} CHANGED`.toUpperCase(),
      moved.flatMap((change) => changeLines(change, columns)),
    ),
    ...section(
      'CHANGED WITHOUT ANOTHER VERDICT',
      rest.flatMap((change) => changeLines(change, columns)),
    ),
    ...section(
      'MAPPED BY NO CONTROL',
      unmapped.flatMap((line) => hanging('  - ', safe(clip(line, 600).kept), columns)),
    ),
    ...(terms.length + controls.length + unmapped.length === 0 ? ['', 'nothing that a verdict rests on differs'] : []),
  ]
}

function section(head: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', head, ...lines]
}

function changeLines(change: ControlChange, columns: number): readonly string[] {
  const { control, title, before, after, observedBefore, observedAfter, changed, why } = change
  const observed =
    before === observedBefore && after === observedAfter ? '' : ` (as observed ${arrow(observedBefore, observedAfter)})`
  const verdicts = changed ? `${arrow(before, after)}${observed}` : word(after)
  return [
    ...hanging('  ', `${safe(control)}: ${verdicts}`, columns),
    ...hanging('    ', `“${safe(clip(title, 200).kept)}”`, columns),
    ...why.flatMap((line) => hanging('    - ', safe(clip(line, 600).kept), columns)),
  ]
}

function arrow(before: ControlVerdict | null, after: ControlVerdict | null): string {
  return before === after ? `${word(after)}, as before` : `${word(before)} → ${word(after)}`
}

function word(verdict: ControlVerdict | null): string {
  return verdict === null ? 'not there' : `${verdictWords[verdict].mark} ${verdictWords[verdict].word.toLowerCase()}`
}
