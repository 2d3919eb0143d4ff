import { cover } from '../../../core/judge/cover.ts'
import { GATE_ENTRYPOINT, GATE_STEPS, gateInput } from '../../../core/judge/gate.ts'
import type { Resolved } from '../../../core/judge/resolve.ts'
import type { ControlResult, ControlVerdict, Judgement, Reason } from '../../../core/model/judgement.ts'
import type { Inputs } from '../../../core/model/sealed.ts'
import { jcs, type JsonValue } from '../../../core/proof/jcs.ts'
import { readPlan } from '../../../core/rego/plan.ts'
import { bodiesOf, explain, type BodyTrace, type Explanation } from '../../../core/rego/trace.ts'

/** A rule of the gate that gave a verdict: its body held, and the verdict is written in it. */
export type GivenBy = { readonly verdict: ControlVerdict; readonly rule: string; readonly place: string }

/** Which of the gate's rules decided about one control. */
export type GateTrace = {
  /** False: asked about this control alone the gate says something else, so the rules are those of the whole window. */
  readonly alone: boolean
  readonly givenBy: readonly GivenBy[]
  /** Where the body that gave a reason is written; null where that cannot be told from the plan. */
  readonly placeOf: (reason: Reason) => string | null
}

/** Of one file of the gate: rows on which something was evaluated, and rows that the window gave no occasion for. */
export type GateLines = { readonly file: string; readonly evaluated: readonly number[]; readonly never: readonly number[] }

/** What the gate was asked in this judgement. */
export function gateQuestion(inputs: Inputs, resolved: Resolved, { findings }: Judgement): JsonValue {
  const { manifest, blindSpots, intake, window, evaluatedAt } = inputs
  const covered = cover(resolved, intake.watch.values(), window, intake.behaviours.values())
  return gateInput({ manifest, resolved, findings, covered, blindSpots, tally: intake.tally, window, evaluatedAt })
}

/** Asks the gate again about one control, and follows which of its rules held. */
export function traceGate(gate: JsonValue, question: JsonValue, decided: ControlResult): GateTrace {
  const about = (asked: JsonValue): Explanation => explain(readPlan(gate), GATE_ENTRYPOINT, asked, { maxSteps: GATE_STEPS })
  const single = about(onlyAbout(question, decided.id))
  const alone = saysTheSame(single.result, decided)
  const { bodies } = alone ? single : about(question)
  const held = reachable(bodies).filter(({ succeeded }) => succeeded > 0)
  const wanted = [...new Set([decided.verdictBeforeWaivers, decided.verdict])]
  const givenBy = wanted.flatMap((verdict) =>
    held.filter(({ gives }) => gives === verdict).map((body) => ({ verdict, rule: shortRule(body), place: placeOfBody(body) })),
  )
  return { alone, givenBy, placeOf: (reason) => placeOfReason(reason, held) }
}

/** Which lines of the gate had a part in the verdicts of the whole window. */
export function gateLines(gate: JsonValue, question: JsonValue): readonly GateLines[] {
  const { files } = explain(readPlan(gate), GATE_ENTRYPOINT, question, { maxSteps: GATE_STEPS })
  return files.map(({ file, covered, notCovered }) => ({ file: nameOf(file), evaluated: covered, never: notCovered }))
}

function onlyAbout(question: JsonValue, control: string): JsonValue {
  const asked = question as { readonly controls: readonly { readonly id: string }[] }
  return { ...asked, controls: asked.controls.filter(({ id }) => id === control) }
}

function saysTheSame(result: JsonValue | undefined, { id, verdict, verdictBeforeWaivers, reasons }: ControlResult): boolean {
  const [only] = (result as { readonly controls?: readonly JsonValue[] } | undefined)?.controls ?? []
  const same: JsonValue = { id, verdict, verdictBeforeWaivers, reasons: reasons as unknown as JsonValue }
  return only !== undefined && jcs(only) === jcs(same)
}

/** What the rule `controls` leads to: the rules for the whole window say nothing about one control. A gate without it is shown whole. */
function reachable(bodies: readonly BodyTrace[]): readonly BodyTrace[] {
  const start = `data.${GATE_ENTRYPOINT.split('/').slice(0, -1).join('.')}.controls`
  const byRule = Map.groupBy(bodies, ({ rule }) => rule)
  const met = new Set<string>([start])
  for (const rule of met) for (const { calls } of byRule.get(rule) ?? []) for (const called of calls) met.add(called)
  return byRule.has(start) ? bodies.filter(({ rule }) => met.has(rule)) : bodies
}

/**
 * The body that held and has the reason's rule for its own name, else the one that writes that name out (or how it begins, where the name
 * is put together). Where several do, the one that writes the reason's code out too; where that is not one either, nobody knows.
 */
function placeOfReason({ rule, code }: Reason, held: readonly BodyTrace[]): string | null {
  const name = rule.slice(rule.lastIndexOf('.') + 1)
  const named = bodiesOf({ bodies: held }, `data.${rule}`)
  const writing = (test: (text: string) => boolean): readonly BodyTrace[] => held.filter(({ texts }) => texts.some(test))
  const whole = writing((text) => text === name || text === rule)
  const begun = writing((text) => text.length > 3 && text.endsWith('_') && name.startsWith(text))
  const candidates = [named, whole, begun].find((bodies) => bodies.length > 0) ?? []
  const [only, second] = candidates
  if (only === undefined) return null
  if (second === undefined) return placeOfBody(only)
  const coded = candidates.filter(({ texts }) => texts.includes(code))
  return coded.length === 1 && coded[0] ? placeOfBody(coded[0]) : null
}

function shortRule({ rule }: BodyTrace): string {
  return rule.slice(rule.lastIndexOf('.') + 1)
}

function placeOfBody({ file, row }: BodyTrace): string {
  return `${nameOf(file)}:${row}`
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1)
}
