import type { ControlResult, Finding, Gone, Judgement } from '../model/judgement.ts'
import type { Facts, Inputs, Recurrence } from '../model/sealed.ts'
import { confirm } from './confirm.ts'
import { cover, type Covered } from './cover.ts'
import { withSamples, type Found } from './found.ts'
import { decide, gateInput, type Decision } from './gate.ts'
import { foundIn } from './match.ts'
import { resolve, type ResolvedControl } from './resolve.ts'
import { digestOf, digestsOfFindings, digestsOfWritten } from './step-digests.ts'
import { sorted, waive } from './waive.ts'

/**
 * The verdict, as a pure function of what was sealed, of verified decisions and of the evaluation time: bind findings to controls,
 * count coverage, see which waivers hold, ask the gate. Anybody who has the inputs gets the same judgement, byte for byte.
 * @throws RunproofError `coverage.does_not_add_up` or `gate.*`: then there is no verdict
 */
export function judge(inputs: Inputs): Judgement {
  const { rest, findings } = judged(inputs, null)
  return { ...rest, findings: findings() }
}

/** A judgement whose findings are made whole when somebody asks for them. */
export type Judged = {
  readonly rest: Omit<Judgement, 'findings'>
  readonly findings: () => Finding[]
  /** The findings are those that were given as bytes. */
  readonly isAsWritten: boolean
}

/**
 * The same for who has findings in canonical JSON, as a report claims them: what is found is compared with them and not written again.
 * @throws as `judge`; RunproofError `format.malformed` when what is written is not UTF-8
 */
export function judged(inputs: Inputs, written: Uint8Array | null): Judged {
  const { procedure, window, manifest, gate, blindSpots, intake, facts, decisions, evaluatedAt } = inputs
  const resolved = resolve(manifest)
  const found = foundIn(resolved, intake, facts)
  const covered = cover(resolved, intake.watch.values(), window, intake.behaviours.values())
  const decided = sorted(decisions)
  const moment = { evaluatedAt, window: window.id }
  const confirmed = confirm(manifest, found, decided.confirmations, moment)
  const { findings, waivers } = waive(manifest, confirmed.findings, decided, moment)
  const decision = decide(
    gate,
    gateInput({ manifest, resolved, findings, covered, blindSpots, tally: intake.tally, window, evaluatedAt }),
    resolved,
  )

  // Only what was found before can be gone.
  const present = new Set(facts.history.size === 0 ? [] : findings.map(({ fingerprint }) => fingerprint))
  const ofControl = Map.groupBy(findings, ({ control }) => control)
  const { confirmations } = confirmed
  const steps = { found, findings, waivers, confirmations }
  const same = written && digestsOfWritten(steps, written)
  const digests = same ?? digestsOfFindings(steps)
  const rest = {
    procedure,
    window,
    evaluatedAt,
    verdict: decision.verdict,
    verdictBeforeWaivers: decision.verdictBeforeWaivers,
    reasons: decision.reasons,
    controls: resolved.controls.map((control, index) =>
      resultOf(control, decision.controls[index], ofControl.get(control.id) ?? [], covered),
    ),
    gone: goneOf(facts, present, covered, [...intake.tally.keys(), ...covered.overflow]),
    waivers: [...waivers],
    ...(confirmations.length > 0 && { confirmations: [...confirmations] }),
    coverage: covered.coverage,
    tally: Object.fromEntries([...intake.tally].sort(([a], [b]) => (a < b ? -1 : 1))),
    steps: [
      { name: 'match', digest: digests.match },
      { name: 'cover', digest: digestOf([covered.coverage, [...covered.watched]]) },
      { name: 'waive', digest: digests.waive },
      { name: 'gate', digest: digestOf(decision) },
    ],
  } satisfies Judged['rest']
  return { rest, findings: () => withSamples(findings), isAsWritten: same !== null }
}

/** What the previous window found and this one did not, and whether anybody was looking. */
function goneOf(
  { history, previous }: Facts,
  present: ReadonlySet<string>,
  { watched }: Covered,
  outcomes: readonly string[],
): Gone[] {
  const isWhole = !outcomes.some((name) => name.startsWith('overflow/'))
  const looked = ({ controls, workloads }: Recurrence): boolean => {
    const asked = controls.length > 0 ? controls : [...watched.keys()]
    const rows = asked.flatMap((control) => watched.get(control) ?? [])
    return (
      workloads.length > 0 &&
      controls.every((control) => watched.has(control)) &&
      workloads.every((workload) => {
        const own = rows.filter((row) => row.workload === workload)
        return own.length > 0 && own.every(({ sufficient }) => sufficient)
      })
    )
  }
  return [...history]
    .filter(([print, { lastWindow }]) => lastWindow === previous?.windowId && !present.has(print))
    .map(([fingerprint, known]) => ({ fingerprint, watched: isWhole && looked(known) }))
    .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))
}

function resultOf(
  control: ResolvedControl,
  decided: Decision['controls'][number] | undefined,
  findings: readonly Found[],
  covered: Covered,
): ControlResult {
  const counted = findings.filter(({ excepted }) => excepted === null)
  const waived = counted.filter(({ waivedBy }) => waivedBy.length > 0)
  return {
    id: control.id,
    title: control.title,
    behaviour: control.behaviour,
    stage: control.stage,
    // `decide` refuses an answer that leaves a control out; inconclusive is what a missing one would be.
    verdict: decided?.verdict ?? 'inconclusive',
    verdictBeforeWaivers: decided?.verdictBeforeWaivers ?? 'inconclusive',
    reasons: [...(decided?.reasons ?? [])],
    workloads: [...control.workloads],
    thresholds: { fail: { ...control.thresholds.fail }, review: { ...control.thresholds.review } },
    counts: {
      violations: counted.length,
      excepted: findings.length - counted.length,
      waived: waived.length,
      occurrences: counted.reduce((sum, { count }) => sum + count, 0),
    },
    findings: counted.map(({ fingerprint }) => fingerprint),
    waivedBy: [...new Set(waived.flatMap(({ waivedBy }) => waivedBy))].sort(),
    frameworks: Object.fromEntries([...control.frameworks].map(([name, ids]) => [name, [...ids]])),
    watched: [...(covered.watched.get(control.id) ?? [])],
  }
}
