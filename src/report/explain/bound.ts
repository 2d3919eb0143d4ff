import { compileControl, type CompiledControl } from '../../../core/judge/control.ts'
import { UNATTRIBUTED_CONFIDENCE, UNKNOWN_SEVERITY, UNKNOWN_TARGET_CONFIDENCE, workloadsOf } from '../../../core/judge/match.ts'
import type { Resolved, ResolvedControl } from '../../../core/judge/resolve.ts'
import type { Behaviour, Sighting } from '../../../core/model/behaviour.ts'
import type { Finding } from '../../../core/model/judgement.ts'
import { severityRank } from '../../../core/model/severity.ts'
import { checkWords, contrast } from '../check-words.ts'
import { moment } from '../moments.ts'
import { actWords, listed, plural } from '../words.ts'

/** Why behaviours that were sealed did not concern the control; `examples` are a few of them in words. */
export type Passed = { readonly why: string; readonly count: number; readonly examples: readonly string[] }

/** A finding of the control, and in words how it came to be one and how it was weighed. */
export type BoundFinding = {
  readonly fingerprint: string
  readonly what: string
  readonly lines: readonly string[]
}

const examples = 5

/** What was considered and did not become a finding, by reason; the order is from far to near. */
export function passedBy(control: ResolvedControl, behaviours: Iterable<Behaviour>, resolved: Resolved): readonly Passed[] {
  const compiled = compileControl(control)
  const groups = new Map<string, { count: number; examples: string[] }>(order.map((why) => [why, { count: 0, examples: [] }]))
  for (const behaviour of behaviours) {
    const why = whyPassed(compiled, behaviour, resolved)
    const group = why === null ? undefined : groups.get(why)
    if (!group) continue
    group.count++
    // Of what is another kind of act nobody wants to see any; there are thousands.
    if (why !== elsewhere && why !== otherKind && group.examples.length < examples) group.examples.push(behaviourWords(behaviour))
  }
  return [...groups].filter(([, { count }]) => count > 0).map(([why, group]) => ({ why, ...group }))
}

const elsewhere = 'of workloads that the control does not apply to'
const otherKind = 'another kind of act, and no rule that the control’s evidence names'
const permitted = 'on the control’s allow list, and surely not on its deny list'
const notDenied = 'not on the control’s deny list, and it has no allow list'
const unspoken = 'neither allowed nor denied: the lists do not speak about its direction'
const order = [elsewhere, otherKind, notDenied, unspoken, permitted]

/** Null: it is a finding. */
function whyPassed(
  { control, maps, rejects, permits }: CompiledControl,
  { identity, sightings }: Behaviour,
  resolved: Resolved,
): string | null {
  if (!workloadsOf(identity, resolved).some((workload) => control.workloads.includes(workload))) return elsewhere
  const all = [...sightings.values()]
  if (all.some((sighting) => isBound(sighting, { maps, rejects }, identity))) return null
  if (identity.action !== control.behaviour) return otherKind
  if (control.allow === null) return notDenied
  return all.every((sighting) => permits(identity, sighting)) ? permitted : unspoken
}

function isBound(
  sighting: Sighting,
  { maps, rejects }: Pick<CompiledControl, 'maps' | 'rejects'>,
  identity: Behaviour['identity'],
): boolean {
  return (sighting.class === 'detection' && maps(sighting)) || rejects(identity, sighting) !== null
}

/** How each finding was bound: rule or list, exception, severity, confidence with its caps, thresholds, waivers. */
export function boundFinding(control: ResolvedControl, behaviour: Behaviour | undefined, finding: Finding): BoundFinding {
  const { fingerprint, count, first, last } = finding
  const compiled = compileControl(control)
  const sighted = [...(behaviour?.sightings.values() ?? [])].filter((one) => isBound(one, compiled, finding.identity))
  const when =
    first === null || last === null
      ? 'at an unknown time'
      : first === last
        ? moment(first)
        : `${moment(first)} to ${moment(last)}`
  return {
    fingerprint,
    what: `${findingWords(finding)}, ${plural(count, 'time')}, ${when} UTC`,
    lines: [
      ...becauseLines(compiled, finding, sighted),
      ...checkLines(finding),
      ...(finding.attributed ? [] : ['it could belong to more than one workload, so it concerns each of them']),
      ...(finding.excepted === null ? [] : [`an exception of the control covers it (“${finding.excepted}”): it does not count`]),
      severityLine(control, finding, sighted),
      confidenceLine(compiled, finding, sighted),
      ...(finding.excepted === null ? weighLines(control, finding) : []),
    ],
  }
}

/** What a state check expected and found, and what its author says to do. */
function checkLines(finding: Finding): readonly string[] {
  const words = checkWords(finding)
  const said = words && contrast(words)
  return [
    ...(typeof said === 'string' ? [`the check ${said}`] : []),
    ...(typeof words?.remediation === 'string' ? [`remediation: ${words.remediation}`] : []),
  ]
}

function becauseLines({ maps, rejects }: CompiledControl, finding: Finding, sighted: readonly Sighting[]): readonly string[] {
  const mapped = sighted.filter((one) => one.class === 'detection' && maps(one))
  const rules = [...new Set(mapped.map(({ sensor, rule }) => `${sensor} “${rule ?? ''}”`))]
  const rejections = sighted.flatMap((one) => rejects(finding.identity, one) ?? [])
  const denied = rejections.some(({ because }) => because === 'denied')
  const unsure = rejections.length > 0 && rejections.every(({ sure }) => !sure)
  const doubt = unsure ? ', as far as is known of it (it may be something else)' : ''
  return [
    ...(rules.length > 0 ? [`the control’s evidence names the rule of ${listed(rules, 5)}`] : []),
    ...(denied ? [`the act is on the control’s deny list${doubt}`] : []),
    ...(!denied && rejections.length > 0 ? [`the act is not on the control’s allow list${doubt}`] : []),
  ]
}

function severityLine(control: ResolvedControl, { severity }: Finding, sighted: readonly Sighting[]): string {
  if (control.severity !== null) return `severity ${severity}: the control sets it`
  const said = [...new Set(sighted.map((one) => `${one.sensor} ${one.severity ?? `none, which counts as ${UNKNOWN_SEVERITY}`}`))]
  return `severity ${severity}: the worst of what the sensors said (${listed(said, 5)})`
}

function confidenceLine({ maps, rejects }: CompiledControl, finding: Finding, sighted: readonly Sighting[]): string {
  const read = sighted.reduce((most, { confidence }) => Math.max(most, confidence), 0)
  const { target } = finding.identity
  const vague = target === null || ('partial' in target && target.partial)
  const listedOnly = sighted.every((one) => !(one.class === 'detection' && maps(one)))
  const unsure = sighted.every((one) => rejects(finding.identity, one)?.sure !== true)
  const caps = [
    finding.attributed ? null : `capped at ${UNATTRIBUTED_CONFIDENCE}, since it could not be attributed to one workload`,
    listedOnly && (vague || unsure)
      ? `capped at ${UNKNOWN_TARGET_CONFIDENCE}, since too little is known of its target to fail it by the control’s lists`
      : null,
    read < 1 ? `the events themselves are read with ${read} (incomplete, cut, or a name without its path)` : null,
  ].filter((cap) => cap !== null)
  return `confidence ${finding.confidence}: ${caps.length === 0 ? 'fully read and attributed' : caps.join('; ')}`
}

function weighLines({ thresholds }: ResolvedControl, finding: Finding): readonly string[] {
  if (!finding.placed) return ['it carries no believable time, so no threshold counts it; a person must look']
  const reaches = ({ severity, confidence }: ResolvedControl['thresholds']['fail']): boolean =>
    severityRank(finding.severity) >= severityRank(severity) && finding.confidence >= confidence
  const short = ({ severity, confidence }: ResolvedControl['thresholds']['fail']): string =>
    [
      ...(severityRank(finding.severity) < severityRank(severity) ? [`severity below ${severity}`] : []),
      ...(finding.confidence < confidence ? [`confidence below ${confidence}`] : []),
    ].join(' and ')
  const waived = finding.waivedBy.length > 0 ? [`waived by ${listed(finding.waivedBy, 5)}: it counts before waivers only`] : []
  if (reaches(thresholds.fail)) return ['it counts towards failing', ...waived]
  const doubtful = reaches(thresholds.review) ? 'it counts towards review' : `nor towards review (${short(thresholds.review)})`
  return [`it does not count towards failing (${short(thresholds.fail)})`, doubtful, ...waived]
}

function findingWords(finding: Finding): string {
  const { verb, object } = actWords(finding)
  const by = finding.identity.executable === null ? '' : ` by ${finding.identity.executable}`
  return `${verb}${object === null ? '' : ` ${object}`}${by} ${finding.attributed ? 'in' : 'in one of'} ${listed(finding.workloads, 5)}`
}

function behaviourWords({ identity, sightings }: Behaviour): string {
  const { verb, object } = actWords({ identity } as Finding)
  const count = [...sightings.values()].reduce((sum, one) => sum + one.count, 0)
  const where = identity.workload === null ? '' : ` in ${identity.workload}`
  return `${verb}${object === null ? '' : ` ${object}`}${where}, ${plural(count, 'time')}`
}
