import { judge } from '../../core/judge/judge.ts'
import { resolve, workloadKey, type Resolved, type ResolvedControl } from '../../core/judge/resolve.ts'
import { RunproofError } from '../../core/model/errors.ts'
import type { ControlVerdict, Finding, InstanceCoverage, Reason, Watched, WaiverUse } from '../../core/model/judgement.ts'
import type { Report } from '../../core/model/report.ts'
import type { Inputs } from '../../core/model/sealed.ts'
import { boundFinding, passedBy, type BoundFinding, type Passed } from './explain/bound.ts'
import { gateLines, gateQuestion, traceGate, type GateLines, type GivenBy } from './explain/gate-trace.ts'
import { placesOf } from './explain/place.ts'
import { minutesBetween, moment, remaining, span, startsIn } from './moments.ts'
import { findingsInOrder } from './order.ts'
import { instanceName } from './watching.ts'
import { percent, plural, signersOf, stateWords, waiverStateWords } from './words.ts'

/** One control's verdict as the judgement came to it: match, cover, waive, gate. Texts in it are data. */
export type Explanation = {
  readonly control: string
  readonly title: string
  readonly behaviour: string
  readonly stage: string
  /** What the manifest says to do when the control does not hold; null: nothing. */
  readonly remediation: string | null
  /** What judging again gives. */
  readonly verdict: ControlVerdict
  readonly verdictBeforeWaivers: ControlVerdict
  /** What the report says; when that is another verdict the report is not to be relied on. */
  readonly reported: { readonly verdict: ControlVerdict; readonly verdictBeforeWaivers: ControlVerdict } | null
  readonly match: { readonly behaviours: number; readonly passed: readonly Passed[]; readonly findings: readonly BoundFinding[] }
  readonly cover: { readonly watched: readonly Watched[]; readonly lines: readonly string[]; readonly blind: readonly string[] }
  readonly waive: {
    readonly waivers: readonly { readonly id: string; readonly state: WaiverUse['state']; readonly says: string }[]
  }
  readonly gate: {
    readonly thresholds: readonly string[]
    readonly reasons: readonly (Reason & { readonly place: string | null })[]
    /** The rules whose bodies held and that the verdicts are written in. */
    readonly givenBy: readonly GivenBy[]
    /** False: the gate says something else when it is asked about this control alone, so its rules are those of the whole window. */
    readonly alone: boolean
    /** Which lines of the gate had a part in the verdicts of this window; null: it was not asked for. */
    readonly lines: readonly GateLines[] | null
  }
}

/**
 * Why a control has its verdict: the judgement is made again from the sealed inputs, and each step says what it did for this control.
 * `coverage`: also which lines of the gate had a part in the window's verdicts.
 * @throws RunproofError `usage` for a control that the manifest does not have, with the nearest ones; what `judge` throws
 */
export function explainControl(
  inputs: Inputs,
  report: Report,
  control: string,
  { coverage = false }: { readonly coverage?: boolean } = {},
): Explanation {
  const { manifest, intake, evaluatedAt } = inputs
  const resolved = resolve(manifest)
  const found = resolved.controls.find(({ id }) => id === control)
  if (!found)
    throw unknownControl(
      control,
      resolved.controls.map(({ id }) => id),
    )
  const judgement = judge(inputs)
  const decided = judgement.controls.find(({ id }) => id === control)
  if (!decided) throw new Error('the gate answered for every control but this one')

  const question = gateQuestion(inputs, resolved, judgement)
  const traced = traceGate(inputs.gate, question, decided)
  const written = placesOf(inputs.gate)

  const findings = findingsInOrder(judgement.findings.filter((finding) => finding.control === control))
  const { watched, reasons } = decided
  const instances = judgement.coverage.instances.filter((instance) => hadToWatch(instance, found, resolved))
  const said = report.judgement.controls.find(({ id }) => id === control)
  const { title, behaviour, stage, thresholds, remediation } = found
  return {
    control,
    title,
    behaviour,
    stage,
    remediation,
    verdict: decided.verdict,
    verdictBeforeWaivers: decided.verdictBeforeWaivers,
    reported: said ? { verdict: said.verdict, verdictBeforeWaivers: said.verdictBeforeWaivers } : null,
    match: {
      behaviours: intake.behaviours.size,
      passed: passedBy(found, intake.behaviours.values(), resolved),
      findings: findings.map((finding) => boundFinding(found, intake.behaviours.get(finding.fingerprint), finding)),
    },
    cover: {
      watched,
      lines: watched.map(watchedLine),
      blind: instances.flatMap((instance) =>
        instance.runs
          .filter(({ state }) => state === 'silent' || state === 'degraded')
          .map(
            ({ state, from, to, why }) =>
              `${instanceName(instance)} ${stateWords[state]} ${span(from, to)} UTC, ${plural(minutesBetween(from, to), 'minute')}${why.length === 0 ? '' : `: ${why.join('; ')}`}`,
          ),
      ),
    },
    waive: {
      waivers: judgement.waivers
        .filter((waiver) => waiver.control === control)
        .map((waiver) => ({ id: waiver.id, state: waiver.state, says: waiverLine(waiver, evaluatedAt) })),
    },
    gate: {
      thresholds: [thresholdLine('fail', thresholds.fail, findings), thresholdLine('review', thresholds.review, findings)],
      reasons: reasons.map((reason) => ({ ...reason, place: traced.placeOf(reason) ?? written(reason.rule) })),
      givenBy: traced.givenBy,
      alone: traced.alone,
      lines: coverage ? gateLines(inputs.gate, question) : null,
    },
  }
}

/** Whether judging again gives what the report says. */
export function agrees({ verdict, verdictBeforeWaivers, reported }: Explanation): boolean {
  return reported?.verdict === verdict && reported.verdictBeforeWaivers === verdictBeforeWaivers
}

/** The instances that the control's verdict rests on: its sensors, where its workloads may run. */
function hadToWatch({ sensor, node, required }: InstanceCoverage, control: ResolvedControl, { workloads }: Resolved): boolean {
  const applicable = workloads.filter((workload) => control.workloads.includes(workloadKey(workload)))
  return (
    required &&
    control.sensors.includes(sensor) &&
    applicable.some(({ nodes }) => nodes === null || node === null || nodes.includes(node))
  )
}

function watchedLine({ workload, sensor, observed, degraded, silent, ratio, minCoverage, sufficient }: Watched): string {
  return `${sensor} watched ${percent(ratio)} of ${workload} (${observed} observed, ${degraded} degraded, ${silent} silent minutes); ${percent(minCoverage)} is required: ${sufficient ? 'enough' : 'not enough'}`
}

function waiverLine(
  { state, reason, requestedBy, notBefore, expires, findings, ...use }: WaiverUse,
  evaluatedAt: string,
): string {
  const left = state === 'not_yet' ? startsIn(evaluatedAt, notBefore) : remaining(evaluatedAt, expires)
  return `${waiverStateWords[state]} at ${moment(evaluatedAt)} UTC: from ${moment(notBefore)} until ${moment(expires)} UTC (${left}), signed by ${signersOf(
    use,
  )
    .map(({ name }) => name)
    .join(
      ' and ',
    )}, asked for by ${requestedBy}; covers ${findings.length === 0 ? 'nothing here' : plural(findings.length, 'finding')}; “${reason}”`
}

type Threshold = { readonly count: number; readonly severity: Finding['severity']; readonly confidence: number }

function thresholdLine(
  which: 'fail' | 'review',
  { count, severity, confidence }: Threshold,
  findings: readonly Finding[],
): string {
  const counted = findings.filter(({ excepted }) => excepted === null)
  const unwaived = counted.filter(({ waivedBy }) => waivedBy.length === 0).length
  return `to ${which} it takes ${count} of severity ${severity} or worse with confidence ${confidence} or more; ${plural(counted.length, 'violation')} of any weight, ${unwaived} after waivers`
}

function unknownControl(asked: string, known: readonly string[]): RunproofError {
  const parts = asked
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((part) => part.length > 2)
  const near = known
    .map((id) => ({ id, score: parts.filter((part) => id.includes(part)).length }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, 3)
    .map(({ id }) => id)
  const hint =
    near.length > 0
      ? `did you mean ${near.join(' or ')}?`
      : `it has ${known.slice(0, 20).join(', ')}${known.length > 20 ? ' …' : ''}`
  return new RunproofError('usage', `the report has no control ${JSON.stringify(asked)}; ${hint}`)
}
