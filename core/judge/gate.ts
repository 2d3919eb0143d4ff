import * as z from 'zod/mini'
import type { BlindSpots } from '../model/blind-spots.ts'
import { RunproofError } from '../model/errors.ts'
import type { Tally } from '../model/intake.ts'
import { controlVerdicts, ReasonSchema, windowVerdicts, type InstanceCoverage } from '../model/judgement.ts'
import type { Manifest } from '../model/manifest.ts'
import { severityRank } from '../model/severity.ts'
import { instantMs, type Instant } from '../model/time.ts'
import { minutesIn, type Window } from '../model/window.ts'
import type { JsonValue } from '../proof/jcs.ts'
import { compile, evaluate } from '../rego/evaluate.ts'
import { readPlan } from '../rego/plan.ts'
import type { Covered } from './cover.ts'
import type { Found } from './found.ts'
import type { Resolved, ResolvedControl } from './resolve.ts'

export const GATE_ENTRYPOINT = 'runproof/gate/decision'
/** How much a gate may compute: 100,000 findings need about a tenth of it. */
export const GATE_STEPS = 500_000_000
/** As much of a sensor's own words as a reason repeats; the coverage of the report has them whole. */
const WORDS_NAMED = 200
/** Blind stretches named to the gate per control; the number of blind minutes is always whole. */
const GAPS_NAMED = 20

const control = z.strictObject({
  id: z.string(),
  verdict: z.enum(controlVerdicts),
  verdictBeforeWaivers: z.enum(controlVerdicts),
  reasons: z.array(ReasonSchema),
})
const DecisionSchema = z.strictObject({
  verdict: z.enum(windowVerdicts),
  verdictBeforeWaivers: z.enum(windowVerdicts),
  reasons: z.array(ReasonSchema),
  controls: z.array(control),
})
export type Decision = Readonly<z.infer<typeof DecisionSchema>>

type GateQuestion = {
  readonly manifest: Manifest
  readonly resolved: Resolved
  readonly findings: readonly Found[]
  readonly covered: Covered
  readonly blindSpots: BlindSpots
  readonly tally: Tally
  readonly window: Window
  readonly evaluatedAt: Instant
}

/** Everything that the gate may compare. Plain JSON in `docs/formats/gate.md`; severities as ranks 0 (info) to 4 (critical). */
export function gateInput(question: GateQuestion): JsonValue {
  const { manifest, resolved, findings, covered, tally, window, evaluatedAt } = question
  const ofControl = Map.groupBy(findings, ({ control }) => control)
  return {
    window: { id: window.id, start: window.start, end: window.end, minutes: covered.coverage.minutes },
    evaluatedAt,
    manifest: {
      name: manifest.metadata.name,
      version: manifest.metadata.version,
      blind: resolved.blind,
      unmapped: { severity: severityRank(resolved.unmapped.severity), verdict: resolved.unmapped.verdict },
    },
    overflow: [...[...tally].filter(([, count]) => count > 0).map(([name]) => name), ...covered.overflow].filter((name) =>
      name.startsWith('overflow/'),
    ),
    controls: resolved.controls.map((each) => controlInput(each, ofControl.get(each.id) ?? [], question)),
    unmapped: (ofControl.get(null) ?? []).map(findingInput),
  }
}

/**
 * Asks the gate for its verdicts.
 * @throws RunproofError `gate.invalid`, `gate.builtin_missing`, `gate.evaluation_failed`, `gate.budget_exhausted`: a gate that cannot
 * answer for every control is no gate, and there is no verdict without one
 */
export function decide(plan: JsonValue, input: JsonValue, resolved: Resolved): Decision {
  const { result } = evaluate(compile(readPlan(plan)), GATE_ENTRYPOINT, input, { maxSteps: GATE_STEPS })
  if (result === undefined)
    throw new RunproofError('gate.evaluation_failed', `the gate's ${GATE_ENTRYPOINT} is undefined for this input`)
  const decision = DecisionSchema.safeParse(result)
  if (!decision.success) {
    const [issue] = decision.error.issues
    throw new RunproofError(
      'gate.evaluation_failed',
      `the gate's answer is not of its form at ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? ''}`,
    )
  }
  const answered = decision.data.controls.map(({ id }) => id)
  const asked = resolved.controls.map(({ id }) => id)
  if (answered.join('\n') !== asked.join('\n')) {
    throw new RunproofError(
      'gate.evaluation_failed',
      `the gate must answer for each control in the manifest's order: asked ${asked.join(', ')}; answered ${answered.join(', ')}`,
    )
  }
  return decision.data
}

function controlInput(
  each: ResolvedControl,
  findings: readonly Found[],
  { covered, blindSpots, window }: GateQuestion,
): JsonValue {
  const watched = covered.watched.get(each.id) ?? []
  const instances = (covered.required.get(each.id) ?? []).flatMap((index) => covered.coverage.instances[index] ?? [])
  const counted = findings.filter(({ excepted }) => excepted === null)
  return {
    id: each.id,
    title: each.title,
    stage: each.stage,
    workloads: [...each.workloads],
    thresholds: { fail: thresholdInput(each.thresholds.fail), review: thresholdInput(each.thresholds.review) },
    findings: counted.map(findingInput),
    excepted: findings.length - counted.length,
    // A control that looks back further than this window needs the evidence of earlier ones.
    missingHistory: each.windowMs !== null && each.windowMs > minutesIn(window) * 60_000,
    watched: watched.map(({ workload, sensor, observed, degraded, silent, ratio, minCoverage, sufficient }) => ({
      workload,
      sensor,
      observed,
      degraded,
      silent,
      ratio,
      minCoverage,
      sufficient,
    })),
    gaps: instances.flatMap(gapsOf).slice(0, GAPS_NAMED),
    ceilings: each.sensors.flatMap((sensor) => {
      const blind = Object.hasOwn(blindSpots, sensor) ? (blindSpots[sensor]?.[each.behaviour] ?? []) : []
      return blind.length === 0 ? [] : [{ sensor, blind: [...blind] }]
    }),
    undescribed: each.sensors.filter((sensor) => !Object.hasOwn(blindSpots, sensor)),
  }
}

function thresholdInput({ count, severity, confidence }: ResolvedControl['thresholds']['fail']): JsonValue {
  return { count, severity: severityRank(severity), severityWord: severity, confidence }
}

function findingInput({
  fingerprint,
  severity,
  confidence,
  placed,
  attributed,
  waivedBy,
  awaitsSecondPerson,
  count,
  because,
  recurrence,
}: Found): JsonValue {
  return {
    fingerprint,
    severity: severityRank(severity),
    confidence,
    placed,
    attributed,
    waived: waivedBy.length > 0,
    ...(awaitsSecondPerson && { awaitsSecondPerson: true }),
    count,
    because,
    recurrence,
  }
}

function gapsOf({ sensor, node, runs }: InstanceCoverage): JsonValue[] {
  return runs
    .filter(({ state }) => state === 'silent')
    .map(({ from, to, why }) => ({
      sensor: shortened(sensor),
      node: node && shortened(node),
      from,
      to,
      minutes: (instantMs(to) - instantMs(from)) / 60_000,
      why: shortened(why.join(', ')),
    }))
}

function shortened(text: string): string {
  return text.length <= WORDS_NAMED ? text : `${text.slice(0, WORDS_NAMED - 1).toWellFormed()}…`
}
