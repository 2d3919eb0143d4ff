import { RunproofError } from '../../core/model/errors.ts'
import type { ControlResult, ControlVerdict, Finding, WaiverUse, Watched, WindowVerdict } from '../../core/model/judgement.ts'
import type { Report } from '../../core/model/report.ts'
import { moment, span } from './moments.ts'
import { findingsInOrder } from './order.ts'
import { blindRuns, instanceName } from './watching.ts'
import { actWords, listed, percent, plural, stateWords, waiverStateWords, worstFirst } from './words.ts'

/** A control in two reports. Null: that report does not have it. */
export type ControlChange = {
  readonly control: string
  readonly title: string
  readonly before: ControlVerdict | null
  readonly after: ControlVerdict | null
  readonly observedBefore: ControlVerdict | null
  readonly observedAfter: ControlVerdict | null
  /** Whether either verdict is another one. */
  readonly changed: boolean
  /** What differs of what the verdict rests on, in words; the names in them are data. */
  readonly why: readonly string[]
}

export type ReportDiff = {
  readonly scope: { readonly application: string; readonly environment: string }
  readonly windows: { readonly before: string; readonly after: string }
  readonly verdict: { readonly before: WindowVerdict; readonly after: WindowVerdict }
  readonly observed: { readonly before: WindowVerdict; readonly after: WindowVerdict }
  /** No verdict, of the window or of a control, before or after waivers, is another one. */
  readonly same: boolean
  /** What both reports were judged by where that differs: manifest, gate, procedure, scope. */
  readonly terms: readonly string[]
  /** Only controls of which something differs: changed verdicts first, the worst of these first. */
  readonly controls: readonly ControlChange[]
  /** Detections that no control speaks about. */
  readonly unmapped: readonly string[]
}

/** So many findings of a kind are told one by one. */
const told = 10
const toldGaps = 5

/**
 * What another report of the same scope says differently, and why.
 * @throws RunproofError `usage` when they are not of the same application and environment
 */
export function diffReports(before: Report, after: Report): ReportDiff {
  const { application, environment } = after.scope
  if (before.scope.application !== application || before.scope.environment !== environment) {
    throw new RunproofError(
      'usage',
      `these reports speak of different scopes: ${before.scope.application}/${before.scope.environment} and ${application}/${environment}; only reports of one application and environment can be compared`,
    )
  }
  const [a, b] = [before.judgement, after.judgement]
  const controls = controlChanges(before, after)
  return {
    scope: { application, environment },
    windows: { before: before.window.id, after: after.window.id },
    verdict: { before: a.verdict, after: b.verdict },
    observed: { before: a.verdictBeforeWaivers, after: b.verdictBeforeWaivers },
    same:
      a.verdict === b.verdict && a.verdictBeforeWaivers === b.verdictBeforeWaivers && controls.every(({ changed }) => !changed),
    terms: termsOf(before, after),
    controls,
    unmapped: findingChanges(of(before, null), of(after, null), before, after),
  }
}

function controlChanges(before: Report, after: Report): readonly ControlChange[] {
  const [old, now] = [byId(before), byId(after)]
  const ids = [...new Set([...now.keys(), ...old.keys()])]
  return ids
    .map((id) => controlChange(id, old.get(id), now.get(id), before, after))
    .filter(({ changed, why }) => changed || why.length > 0)
    .sort((a, b) => Number(b.changed) - Number(a.changed) || harm(a.after) - harm(b.after) || harm(b.before) - harm(a.before))
}

function controlChange(
  control: string,
  old: ControlResult | undefined,
  now: ControlResult | undefined,
  before: Report,
  after: Report,
): ControlChange {
  const verdicts = {
    before: old?.verdict ?? null,
    after: now?.verdict ?? null,
    observedBefore: old?.verdictBeforeWaivers ?? null,
    observedAfter: now?.verdictBeforeWaivers ?? null,
  }
  const changed = verdicts.before !== verdicts.after || verdicts.observedBefore !== verdicts.observedAfter
  const why = whyChanged(old, now, before, after)
  const unexplained =
    changed && why.length === 0 ? ['nothing that the reports hold of this control differs; compare runproof explain of both'] : []
  return { control, title: (now ?? old)?.title ?? '', ...verdicts, changed, why: [...why, ...unexplained] }
}

function whyChanged(
  old: ControlResult | undefined,
  now: ControlResult | undefined,
  before: Report,
  after: Report,
): readonly string[] {
  if (!old) return ['the manifest of the first report does not have this control']
  if (!now) return ['the manifest of the second report does not have this control any more']
  return [
    ...findingChanges(of(before, old.id), of(after, now.id), before, after),
    ...watchChanges(old, now, after),
    ...thresholdChanges(old, now),
    ...workloadChanges(old, now),
  ]
}

/** Appeared, gone, waived, no longer waived, excepted, weighed otherwise: in this order. */
function findingChanges(old: readonly Finding[], now: readonly Finding[], before: Report, after: Report): readonly string[] {
  const [was, is] = [byFingerprint(old), byFingerprint(now)]
  const both = now.flatMap((finding) => {
    const earlier = was.get(finding.fingerprint)
    return earlier ? [{ earlier, finding }] : []
  })
  return [
    ...capped(
      findingsInOrder(now.filter(({ fingerprint }) => !was.has(fingerprint))),
      (finding) => `appeared: ${words(finding)}${sparedWords(finding)}`,
      'appeared',
    ),
    ...both.flatMap(({ earlier, finding }) => waiverChange(earlier, finding, before, after)),
    ...both.flatMap(({ earlier, finding }) => exceptionChange(earlier, finding)),
    ...both.flatMap(({ earlier, finding }) => weightChange(earlier, finding)),
    ...capped(
      findingsInOrder(old.filter(({ fingerprint }) => !is.has(fingerprint))),
      (finding) => `not seen any more: ${words(finding)}${sparedWords(finding)}`,
      'are not seen any more',
    ),
  ]
}

function waiverChange(earlier: Finding, finding: Finding, before: Report, after: Report): readonly string[] {
  const [was, is] = [earlier.waivedBy.length > 0, finding.waivedBy.length > 0]
  if (was === is) return []
  if (is) {
    const ends = after.judgement.waivers.filter(({ id }) => finding.waivedBy.includes(id)).map(({ expires }) => expires)
    const until = ends.length === 0 ? '' : `, until ${moment(ends.sort()[0] ?? '')} UTC`
    return [`waived now, by ${listed(finding.waivedBy, 5)}${until}: ${words(finding)}`]
  }
  const lost = earlier.waivedBy.map((id) => waiverFate(id, before, after))
  return [`no longer waived (${listed(lost, 5)}): ${words(finding)}`]
}

/** What became of a waiver that covered a finding in the first report. */
function waiverFate(id: string, before: Report, after: Report): string {
  const now = after.judgement.waivers.filter((waiver) => waiver.id === id)
  const [use] = [...now.filter(({ state }) => state === 'active'), ...now]
  if (use) return `${id} ${fateWords(use)}`
  const refused = after.refusedWaivers.find((waiver) => waiver.id === id)
  if (refused) return `${id} was refused: ${refused.why}`
  const known = before.judgement.waivers.find((waiver) => waiver.id === id)
  return `${id} is not among the second report’s waivers${known ? `; it would hold until ${moment(known.expires)} UTC` : ''}`
}

function fateWords({ state, expires }: WaiverUse): string {
  if (state === 'active') return 'is in force but does not cover it any more'
  return state === 'expired' ? `expired at ${moment(expires)} UTC` : `is ${waiverStateWords[state]}`
}

function exceptionChange(earlier: Finding, finding: Finding): readonly string[] {
  if (earlier.excepted === finding.excepted) return []
  if (finding.excepted === null) return [`no longer an exception of the control (“${earlier.excepted}”): ${words(finding)}`]
  return [`an exception of the control now (“${finding.excepted}”): ${words(finding)}`]
}

function weightChange(earlier: Finding, finding: Finding): readonly string[] {
  const parts = [
    earlier.severity === finding.severity ? [] : [`severity ${finding.severity} instead of ${earlier.severity}`],
    earlier.confidence === finding.confidence ? [] : [`confidence ${finding.confidence} instead of ${earlier.confidence}`],
    earlier.placed === finding.placed
      ? []
      : [finding.placed ? 'it has a believable time now' : 'it has no believable time any more'],
  ].flat()
  return parts.length === 0 ? [] : [`weighs otherwise: ${words(finding)}: ${parts.join(', ')}`]
}

/** Pairs of workload and sensor that were watched to another extent, those that are not enough first, with the blind stretches. */
function watchChanges(old: ControlResult, now: ControlResult, after: Report): readonly string[] {
  const key = ({ workload, sensor }: Watched): string => JSON.stringify([workload, sensor])
  const was = new Map(old.watched.map((one) => [key(one), one]))
  const changes = now.watched.filter((one) => {
    const earlier = was.get(key(one))
    return (
      !earlier || earlier.ratio !== one.ratio || earlier.sufficient !== one.sufficient || earlier.minCoverage !== one.minCoverage
    )
  })
  const inOrder = [...changes].sort((a, b) => Number(a.sufficient) - Number(b.sufficient) || a.ratio - b.ratio)
  const lacking = new Set(inOrder.filter(({ sufficient }) => !sufficient).map(({ sensor }) => sensor))
  const dropped = [...was.keys()].filter((known) => !now.watched.some((one) => key(one) === known)).length
  return [
    ...capped(inOrder, (one) => watchWords(one, was.get(key(one))), 'were watched to another extent'),
    ...(dropped > 0 ? [`${plural(dropped, 'pair')} of workload and sensor no longer had to be watched`] : []),
    ...gapWords(lacking, after),
  ]
}

function watchWords({ workload, sensor, ratio, minCoverage, sufficient }: Watched, earlier: Watched | undefined): string {
  const was = earlier ? `instead of ${percent(earlier.ratio)}` : 'and had not to before'
  const required =
    earlier && earlier.minCoverage !== minCoverage
      ? `${percent(minCoverage)} is required instead of ${percent(earlier.minCoverage)}`
      : `${percent(minCoverage)} is required`
  return `${sensor} watched ${percent(ratio)} of ${workload} ${was}; ${required}: ${sufficient ? 'enough' : 'not enough'}`
}

function gapWords(sensors: ReadonlySet<string>, { judgement }: Report): readonly string[] {
  const gaps = blindRuns(judgement.coverage).filter(
    ({ instance, run }) => instance.required && run.state === 'silent' && sensors.has(instance.sensor),
  )
  const longest = [...gaps].sort((a, b) => b.minutes - a.minutes)
  return capped(
    longest,
    ({ instance, run, minutes }) =>
      `blind: ${instanceName(instance)} ${stateWords[run.state]} ${span(run.from, run.to)} UTC, ${plural(minutes, 'minute')}${run.why[0] === undefined ? '' : `: ${run.why[0]}`}`,
    'blind stretches',
    toldGaps,
  )
}

function thresholdChanges({ thresholds: old }: ControlResult, { thresholds: now }: ControlResult): readonly string[] {
  return (['fail', 'review'] as const).flatMap((which) => {
    const [was, is] = [thresholdWords(old[which]), thresholdWords(now[which])]
    return was === is ? [] : [`the threshold to ${which} is ${is} instead of ${was}`]
  })
}

function thresholdWords({ count, severity, confidence }: ControlResult['thresholds']['fail']): string {
  return `${count} of severity ${severity} with confidence ${confidence}`
}

function workloadChanges(old: ControlResult, now: ControlResult): readonly string[] {
  const added = now.workloads.filter((name) => !old.workloads.includes(name))
  const removed = old.workloads.filter((name) => !now.workloads.includes(name))
  return [
    ...(added.length > 0 ? [`applies to ${listed(added, 5)} as well`] : []),
    ...(removed.length > 0 ? [`does not apply to ${listed(removed, 5)} any more`] : []),
  ]
}

function termsOf(before: Report, after: Report): readonly string[] {
  const { manifest: a, gate: g } = before
  const { manifest: b, gate: h } = after
  const lines: string[] = []
  if (before.window.id === after.window.id) {
    if (before.evaluatedAt !== after.evaluatedAt)
      lines.push(`the same window, evaluated at ${moment(after.evaluatedAt)} instead of ${moment(before.evaluatedAt)} UTC`)
    if (before.evidence.digest !== after.evidence.digest) lines.push('the same window on other evidence')
  } else if (after.window.start < before.window.start) lines.push('the second report is of the earlier window')
  if (a.digest !== b.digest)
    lines.push(`another manifest: ${a.name} ${a.version} and ${b.name} ${b.version} (${short(a.digest)}, ${short(b.digest)})`)
  const [signer, other] = [a.signedBy?.keyId ?? null, b.signedBy?.keyId ?? null]
  if (signer !== other)
    lines.push(`the manifest is signed by ${b.signedBy?.name ?? 'nobody'} instead of ${a.signedBy?.name ?? 'nobody'}`)
  if (g.digest !== h.digest || g.entrypoint !== h.entrypoint)
    lines.push(`another gate decided (${short(g.digest)}, ${short(h.digest)})`)
  if (g.engine !== h.engine) lines.push(`the gate ran in ${h.engine} instead of ${g.engine}`)
  if (before.scope.cluster !== after.scope.cluster)
    lines.push(
      `the cluster is ${after.scope.cluster ?? 'not named'} instead of ${before.scope.cluster ?? 'not named'}: no fingerprint can be the same`,
    )
  if (before.producer.version !== after.producer.version)
    lines.push(`made by Runproof ${after.producer.version} instead of ${before.producer.version}`)
  return lines
}

function words(finding: Finding): string {
  const { verb, object } = actWords(finding)
  const where = `${finding.attributed ? 'in' : 'in one of'} ${listed(finding.workloads, 3)}`
  return `${finding.severity} ${verb}${object === null ? '' : ` ${object}`} ${where} (${finding.fingerprint.slice(0, 17)})`
}

function sparedWords({ excepted, waivedBy }: Finding): string {
  if (excepted !== null) return ', an exception of the control'
  return waivedBy.length > 0 ? `, waived by ${listed(waivedBy, 3)}` : ''
}

function capped<T>(all: readonly T[], line: (one: T) => string, verb: string, most = told): readonly string[] {
  const left = all.length - most
  return [...all.slice(0, most).map(line), ...(left > 0 ? [`… and ${left} more ${verb}`] : [])]
}

function harm(verdict: ControlVerdict | null): number {
  return verdict === null ? worstFirst.length : worstFirst.indexOf(verdict)
}

function of({ judgement }: Report, control: string | null): readonly Finding[] {
  return judgement.findings.filter((finding) => finding.control === control)
}

function byId({ judgement }: Report): ReadonlyMap<string, ControlResult> {
  return new Map(judgement.controls.map((control) => [control.id, control]))
}

function byFingerprint(findings: readonly Finding[]): ReadonlyMap<string, Finding> {
  return new Map(findings.map((finding) => [finding.fingerprint, finding]))
}

function short(digest: string): string {
  return `${digest.slice(0, 12)}…`
}
