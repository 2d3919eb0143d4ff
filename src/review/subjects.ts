import { targetWords } from '../../core/judge/words.ts'
import type { ControlResult, Finding, Judgement } from '../../core/model/judgement.ts'
import { severityRank, type Severity } from '../../core/model/severity.ts'

/**
 * Something that asks for a person: a finding under one control (null: no control speaks about it), or a verdict of fail or review with no
 * finding behind it, of a control or (null) of the whole window.
 */
export type Subject = {
  readonly control: string | null
  /** Null: it is about a verdict. */
  readonly fingerprint: string | null
  /** The act, or the verdict, in a few words. */
  readonly title: string
  readonly severity: Severity
  readonly confidence: number
  /** What the finding makes of its control; `none`: too uncertain to count, but severe enough to be looked at. */
  readonly verdict: 'fail' | 'review' | 'none'
  /** Why a person is asked, in the gate's words. */
  readonly reasons: readonly string[]
  readonly workloads: readonly string[]
  /** Null: nothing was found, which is why it is about a verdict. */
  readonly evidence: CaseEvidence | null
}

/** What was seen, as much of it as helps to decide; the report has the rest. */
export type CaseEvidence = Pick<Finding, 'count' | 'first' | 'last' | 'recurrence' | 'because' | 'effects'> & {
  readonly sensors: readonly { readonly sensor: string; readonly rules: readonly string[] }[]
  readonly commandLines: readonly string[]
  readonly pods: readonly string[]
}

/** More than these are not filed as cases of one window; the report has them all. */
export const MOST_SUBJECTS = 10_000

/**
 * What of a judgement asks for a person: findings behind a verdict of fail or review, and those that were too uncertain to count. What is
 * excepted or waived asks for nobody. Worst first; the same judgement gives the same list.
 */
export function subjectsOf(judgement: Judgement): readonly Subject[] {
  const controls = new Map(judgement.controls.map((control) => [control.id, named(control)]))
  const unmapped = reasonsByFinding(judgement.reasons.filter(({ code }) => code === 'unmapped'))
  const open = judgement.findings.filter(({ excepted, waivedBy }) => excepted === null && waivedBy.length === 0)
  const found = open.flatMap((finding): Subject[] => {
    const subject =
      finding.control === null ? unmappedSubject(finding, unmapped) : controlSubject(finding, controls.get(finding.control))
    return subject === null ? [] : [subject]
  })
  return [...found, ...verdictSubjects(judgement, found)].sort(worstFirst).slice(0, MOST_SUBJECTS)
}

/** Verdicts that ask for somebody although no finding does: of controls, and of the window where no control says why. */
function verdictSubjects(judgement: Judgement, found: readonly Subject[]): readonly Subject[] {
  const behind = new Set(found.flatMap(({ verdict, control }) => (verdict === 'none' ? [] : [control])))
  const asking = judgement.controls.flatMap(({ id, title, verdict, reasons, workloads, thresholds }): Subject[] => {
    if ((verdict !== 'fail' && verdict !== 'review') || behind.has(id)) return []
    const words = `${title}: ${verdict}, and no finding is behind it`.slice(0, 500).toWellFormed()
    return [verdictSubject(id, words, verdict, { severity: thresholds.fail.severity, reasons, workloads })]
  })
  const { verdict, reasons } = judgement
  if ((verdict !== 'fail' && verdict !== 'review') || asking.length > 0 || behind.size > 0) return asking
  const words = `the whole window: ${verdict}, and no finding is behind it`
  return [verdictSubject(null, words, verdict, { severity: 'high', reasons, workloads: [] })]
}

function verdictSubject(
  control: string | null,
  title: string,
  verdict: 'fail' | 'review',
  { severity, reasons, workloads }: Pick<ControlResult, 'reasons' | 'workloads'> & { readonly severity: Severity },
): Subject {
  const words = reasons.map(({ message }) => message)
  return { control, fingerprint: null, title, severity, confidence: 1, verdict, reasons: words, workloads, evidence: null }
}

type Named = { readonly control: ControlResult; readonly reasons: ReadonlyMap<string, readonly string[]> }

function named(control: ControlResult): Named {
  return { control, reasons: reasonsByFinding(control.reasons) }
}

function reasonsByFinding(reasons: Judgement['reasons']): ReadonlyMap<string, readonly string[]> {
  const byFinding = new Map<string, string[]>()
  for (const { message, findings } of reasons) {
    for (const fingerprint of findings) {
      const known = byFinding.get(fingerprint)
      if (known) known.push(message)
      else byFinding.set(fingerprint, [message])
    }
  }
  return byFinding
}

function controlSubject(finding: Finding, known: Named | undefined): Subject | null {
  if (known === undefined) return null
  const { control, reasons } = known
  const words = reasons.get(finding.fingerprint) ?? []
  const { verdict } = control
  // A gate of somebody else's need not name findings: then each of them stands behind the verdict.
  const isBehind = words.length > 0 || reasons.size === 0
  if ((verdict === 'fail' || verdict === 'review') && isBehind) return subjectOf(finding, verdict, words)
  const { fail } = control.thresholds
  const isDoubtful = finding.confidence < fail.confidence && severityRank(finding.severity) >= severityRank(fail.severity)
  if (!isDoubtful) return null
  const doubt = `Seen with confidence ${finding.confidence}; ${fail.confidence} is needed to fail ${control.id}.`
  return subjectOf(finding, 'none', [doubt])
}

function unmappedSubject(finding: Finding, reasons: ReadonlyMap<string, readonly string[]>): Subject | null {
  const words = reasons.get(finding.fingerprint)
  return words === undefined ? null : subjectOf(finding, 'review', words)
}

function subjectOf(finding: Finding, verdict: Subject['verdict'], reasons: readonly string[]): Subject {
  const { control, fingerprint, severity, confidence, workloads } = finding
  const evidence = evidenceOf(finding)
  return { control, fingerprint, title: titleOf(finding), severity, confidence, verdict, reasons, workloads, evidence }
}

const MOST_SHOWN = 5

function evidenceOf({ count, first, last, recurrence, because, effects, sensors, samples }: Finding): CaseEvidence {
  const some = (texts: readonly (string | null)[]): string[] =>
    [...new Set(texts)].flatMap((text) => (text === null ? [] : [text.slice(0, 1000).toWellFormed()])).slice(0, MOST_SHOWN)
  return {
    ...{ count, first, last, recurrence, because, effects },
    sensors: sensors.slice(0, MOST_SHOWN).map(({ sensor, rules }) => ({ sensor, rules: rules.slice(0, MOST_SHOWN) })),
    commandLines: some(samples.map(({ commandLine }) => commandLine)),
    pods: some(samples.map(({ pod }) => pod)),
  }
}

function titleOf({ identity: { action, target, executable }, workloads }: Finding): string {
  const act = `${action ?? 'detection'}${target === null ? '' : ` ${targetWords(target)}`}`
  const by = executable === null ? '' : ` by ${executable}`
  return `${act}${by} in ${workloads.slice(0, 3).join(', ') || 'no declared workload'}`.slice(0, 500).toWellFormed()
}

function worstFirst(a: Subject, b: Subject): number {
  return (
    severityRank(b.severity) - severityRank(a.severity) ||
    b.confidence - a.confidence ||
    compare(a.control ?? '', b.control ?? '') ||
    compare(a.fingerprint ?? '', b.fingerprint ?? '')
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
