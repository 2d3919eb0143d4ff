import type { ControlResult, Finding } from '../../core/model/judgement.ts'
import { severityRank } from '../../core/model/severity.ts'
import { worstFirst } from './words.ts'

/** Controls by verdict, what needs a person first; otherwise as the report has them. */
export function controlsInOrder(controls: readonly ControlResult[]): readonly ControlResult[] {
  return worstFirst.flatMap((verdict) => controls.filter((control) => control.verdict === verdict))
}

/** Findings that count before waived and excepted ones, then the more severe, then the more frequent; ties by fingerprint. */
export function findingsInOrder(findings: readonly Finding[]): readonly Finding[] {
  const spared = ({ excepted, waivedBy }: Finding) => (excepted === null ? 0 : 2) + (waivedBy.length === 0 ? 0 : 1)
  return [...findings].sort(
    (a, b) =>
      spared(a) - spared(b) ||
      severityRank(b.severity) - severityRank(a.severity) ||
      b.count - a.count ||
      (a.fingerprint < b.fingerprint ? -1 : 1),
  )
}
