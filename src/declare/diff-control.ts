import type { ResolvedControl, ResolvedThreshold, Stage } from '../../core/judge/resolve.ts'
import type { Exception, Selection } from '../../core/model/manifest.ts'
import { severityRank } from '../../core/model/severity.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { changed, opposite, setChanges, type Change, type Effect } from './diff-words.ts'
import { durationText } from './duration-text.ts'

/** What a control that stays says differently. `shared`: the workloads of both manifests; the others are changes of the scope. */
export function diffControl(from: ResolvedControl, to: ResolvedControl, shared: ReadonlySet<string>): Change[] {
  const where = `control ${to.id}`
  const still = (workloads: readonly string[]): readonly string[] => workloads.filter((workload) => shared.has(workload))
  return [
    ...changed(where, 'title', from.title, to.title, 'neutral'),
    ...changed(where, 'owner', from.owner, to.owner, 'neutral'),
    ...changed(where, 'behaviour', from.behaviour, to.behaviour, 'either'),
    ...setChanges(where, 'workload', still(from.workloads), still(to.workloads), { added: 'widens', removed: 'weakens' }),
    ...diffSelection(where, 'deny', from.deny, to.deny),
    ...diffSelection(where, 'allow', from.allow, to.allow),
    ...setChanges<JsonValue>(where, 'exception', from.except.map(asJson), to.except.map(asJson), {
      added: 'weakens',
      removed: 'widens',
    }),
    ...diffEvidence(where, from, to),
    ...setChanges(where, 'required sensor', from.sensors, to.sensors, { added: 'widens', removed: 'weakens' }),
    ...changed(
      where,
      'looks back',
      from.windowMs === null ? 'over the window alone' : durationText(from.windowMs),
      to.windowMs === null ? 'over the window alone' : durationText(to.windowMs),
      (to.windowMs ?? 0) < (from.windowMs ?? 0) ? 'weakens' : 'widens',
    ),
    ...diffThreshold(where, 'fail', from.thresholds.fail, to.thresholds.fail),
    ...diffThreshold(where, 'review', from.thresholds.review, to.thresholds.review),
    ...changed(where, 'severity', from.severity, to.severity, severityEffect(from, to)),
    ...changed(
      where,
      'stage',
      from.stage,
      to.stage,
      stages.indexOf(to.stage) < stages.indexOf(from.stage) ? 'weakens' : 'widens',
    ),
    ...changed(where, 'frameworks', mapJson(from.frameworks), mapJson(to.frameworks), 'neutral'),
    ...changed(where, 'remediation', from.remediation, to.remediation, 'neutral'),
  ]
}

const stages: readonly Stage[] = ['observe', 'alert', 'enforce']
const lists = ['binaries', 'paths', 'access', 'destinations', 'capabilities', 'syscalls', 'names', 'by'] as const

/**
 * Lists of one selection must all match, entries of one list need not: one more entry selects more, one more list selects less.
 * More denied is more promised; more allowed is less.
 */
function diffSelection(where: string, kind: 'allow' | 'deny', from: Selection | null, to: Selection | null): Change[] {
  if (from === null || to === null) {
    return from === to
      ? []
      : [{ where, what: `${kind} list ${to === null ? 'removed' : 'added'}`, effect: to === null ? 'weakens' : 'widens' }]
  }
  const more: Effect = kind === 'deny' ? 'widens' : 'weakens'
  return lists.flatMap((name): Change[] => {
    const [old, now] = [from[name], to[name]]
    if (old === undefined && now === undefined) return []
    if (now === undefined) return [{ where, what: `${kind}.${name} removed: it narrows the others no more`, effect: more }]
    if (old === undefined) return [{ where, what: `${kind}.${name} added: it narrows the others`, effect: opposite(more) }]
    return setChanges(where, `${kind}.${name}`, old as readonly JsonValue[], now as readonly JsonValue[], {
      added: more,
      removed: opposite(more),
    })
  })
}

function diffEvidence(where: string, { evidence: from }: ResolvedControl, { evidence: to }: ResolvedControl): Change[] {
  const sensors = [...new Set([...from.keys(), ...to.keys()])].sort()
  return sensors.flatMap((sensor) =>
    setChanges(where, `evidence of ${sensor}`, from.get(sensor) ?? [], to.get(sensor) ?? [], {
      added: 'widens',
      removed: 'weakens',
    }),
  )
}

function diffThreshold(where: string, name: 'fail' | 'review', from: ResolvedThreshold, to: ResolvedThreshold): Change[] {
  const effect = (rises: boolean): Effect => (rises ? 'weakens' : 'widens')
  return [
    ...changed(where, `${name} threshold, count`, from.count, to.count, effect(to.count > from.count)),
    ...changed(
      where,
      `${name} threshold, severity`,
      from.severity,
      to.severity,
      effect(severityRank(to.severity) > severityRank(from.severity)),
    ),
    ...changed(where, `${name} threshold, confidence`, from.confidence, to.confidence, effect(to.confidence > from.confidence)),
  ]
}

/** Against what the sensors themselves say, a fixed severity can be more or less. */
function severityEffect({ severity: from }: ResolvedControl, { severity: to }: ResolvedControl): Effect {
  if (from === null || to === null) return 'either'
  return severityRank(to) < severityRank(from) ? 'weakens' : 'widens'
}

function asJson(exception: Exception): JsonValue {
  return exception as JsonValue
}

function mapJson(map: ReadonlyMap<string, readonly string[]>): JsonValue {
  return Object.fromEntries(map)
}
