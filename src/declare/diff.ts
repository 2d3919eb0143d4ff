import { resolve, workloadKey, type Resolved } from '../../core/judge/resolve.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import { severities, severityRank, type Severity } from '../../core/model/severity.ts'
import { durationMs } from '../../core/model/duration.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { diffControl } from './diff-control.ts'
import { changed, setChanges, type Change, type Effect } from './diff-words.ts'
import { durationText } from './duration-text.ts'
import { diffSensor } from './diff-sensor.ts'

export type { Change, Effect } from './diff-words.ts'

/**
 * What a new version of a manifest promises differently, in words, each with what it does to the promise. Defaults count: writing
 * one out is no change. Order of lists means nothing.
 */
export function diffManifests(before: Manifest, after: Manifest): readonly Change[] {
  const [from, to] = [resolve(before), resolve(after)]
  return [
    ...diffMetadata(before, after),
    ...diffScope(from, to),
    ...diffSelectors(before, after),
    ...diffSensors(from, to),
    ...diffWindow(from, to),
    ...diffControls(before, after, from, to),
    ...diffRest(from, to),
    ...diffApprovers(from, to),
    ...diffKept(before, after),
  ]
}

function diffMetadata({ metadata: from }: Manifest, { metadata: to }: Manifest): Change[] {
  return [
    changed('metadata', 'name', from.name, to.name, 'neutral'),
    changed('metadata', 'version', from.version, to.version, 'neutral'),
    changed('metadata', 'owner', from.owner, to.owner, 'neutral'),
    changed('metadata', 'description', from.description ?? null, to.description ?? null, 'neutral'),
    changed('metadata', 'labels', from.labels ?? null, to.labels ?? null, 'neutral'),
  ].flat()
}

function diffScope(from: Resolved, to: Resolved): Change[] {
  const changes = [
    changed('scope', 'application', from.scope.application, to.scope.application, 'either'),
    changed('scope', 'environment', from.scope.environment, to.scope.environment, 'either'),
    changed('scope', 'cluster', from.scope.cluster, to.scope.cluster, 'either'),
  ].flat()
  const [old, now] = [byName(from.workloads, workloadKey), byName(to.workloads, workloadKey)]
  changes.push(...setChanges('scope', 'workload', [...old.keys()], [...now.keys()], { added: 'widens', removed: 'weakens' }))
  for (const [key, workload] of now) {
    const was = old.get(key)
    if (!was) continue
    changes.push(...changed(`workload ${key}`, 'class', was.class, workload.class, 'either'))
    changes.push(...nodeChanges(`workload ${key}`, was.nodes, workload.nodes, 'widens'))
  }
  return changes
}

function diffSelectors(before: Manifest, after: Manifest): Change[] {
  return after.scope.workloads.flatMap((workload) => {
    const was = before.scope.workloads.find((one) => workloadKey(one) === workloadKey(workload))
    return was
      ? changed(
          `workload ${workloadKey(workload)}`,
          'podSelector',
          asJson(was.podSelector),
          asJson(workload.podSelector),
          'either',
        )
      : []
  })
}

function diffSensors(from: Resolved, to: Resolved): Change[] {
  const [old, now] = [byName(from.sensors, ({ name }) => name), byName(to.sensors, ({ name }) => name)]
  return [
    ...setChanges('sensors', 'sensor', [...old.keys()], [...now.keys()], { added: 'widens', removed: 'weakens' }),
    ...[...now].flatMap(([name, sensor]) => {
      const was = old.get(name)
      return was ? [...diffSensor(was, sensor), ...nodeChanges(`sensor ${name}`, was.nodes, sensor.nodes, 'weakens')] : []
    }),
  ]
}

/** @param unnamed what it means to name no nodes any more: any node (a workload), or none that would be missed (a sensor) */
function nodeChanges(where: string, from: readonly string[] | null, to: readonly string[] | null, unnamed: Effect): Change[] {
  if (from !== null && to !== null) return setChanges(where, 'node', from, to, { added: 'widens', removed: 'weakens' })
  if (from === to) return []
  if (to === null) return [{ where, what: 'nodes are no longer named', effect: unnamed }]
  return [{ where, what: `nodes are named now: ${to.join(', ')}`, effect: unnamed === 'widens' ? 'weakens' : 'widens' }]
}

function diffWindow({ window: from }: Resolved, { window: to }: Resolved): Change[] {
  const graceEffect = to.graceMs < from.graceMs ? 'weakens' : 'widens'
  return [
    changed('window', 'every', durationText(from.everyMs), durationText(to.everyMs), 'either'),
    changed('window', 'offset', durationText(from.offsetMs), durationText(to.offsetMs), 'neutral'),
    changed('window', 'grace', durationText(from.graceMs), durationText(to.graceMs), graceEffect),
  ].flat()
}

function diffControls(before: Manifest, after: Manifest, from: Resolved, to: Resolved): Change[] {
  const [old, now] = [byName(from.controls, ({ id }) => id), byName(to.controls, ({ id }) => id)]
  const shared = new Set(
    to.workloads.map(workloadKey).filter((key) => from.workloads.some((workload) => workloadKey(workload) === key)),
  )
  return [
    ...setChanges('controls', 'control', [...old.keys()], [...now.keys()], { added: 'widens', removed: 'weakens' }),
    ...[...now].flatMap(([id, control]) => {
      const was = old.get(id)
      if (!was) return []
      const written = (manifest: Manifest): string | null => manifest.controls.find((one) => one.id === id)?.statement ?? null
      return [
        ...changed(`control ${id}`, 'statement', written(before), written(after), 'either'),
        ...diffControl(was, control, shared),
      ]
    }),
  ]
}

const verdictRank: Readonly<Record<Resolved['unmapped']['verdict'], number>> = { list: 0, review: 1, fail: 2 }

function diffRest(from: Resolved, to: Resolved): Change[] {
  const severityEffect = severityRank(to.unmapped.severity) > severityRank(from.unmapped.severity) ? 'weakens' : 'widens'
  const verdictEffect = verdictRank[to.unmapped.verdict] < verdictRank[from.unmapped.verdict] ? 'weakens' : 'widens'
  const rank = ({ review: { twoPeopleFrom } }: Resolved): number =>
    twoPeopleFrom === null ? severities.length : severityRank(twoPeopleFrom)
  return [
    changed('unmapped', 'severity', from.unmapped.severity, to.unmapped.severity, severityEffect),
    changed('unmapped', 'verdict', from.unmapped.verdict, to.unmapped.verdict, verdictEffect),
    changed('blind', 'verdict of a blind control', from.blind, to.blind, to.blind === 'fail' ? 'widens' : 'weakens'),
    changed(
      'review',
      'two people from',
      from.review.twoPeopleFrom,
      to.review.twoPeopleFrom,
      rank(to) > rank(from) ? 'weakens' : 'widens',
    ),
    changed(
      'review',
      'clean windows that close a case',
      from.review.cleanWindows,
      to.review.cleanWindows,
      to.review.cleanWindows < from.review.cleanWindows ? 'weakens' : 'widens',
    ),
    severities.flatMap((severity) =>
      changed(
        'review',
        `hours until a case of severity ${severity} is due`,
        hours(from, severity),
        hours(to, severity),
        'neutral',
      ),
    ),
  ].flat()
}

function hours({ review }: Resolved, severity: Severity): number {
  return review.dueMs[severity] / 3_600_000
}

/** Whoever may approve waivers may let violations stand: one more person weakens the promise. */
function diffApprovers(from: Resolved, to: Resolved): Change[] {
  const [old, now] = [byName(from.approvers, ({ name }) => name), byName(to.approvers, ({ name }) => name)]
  return [
    ...setChanges('approvers', 'approver', [...old.keys()], [...now.keys()], { added: 'weakens', removed: 'widens' }),
    ...[...now].flatMap(([name, { key, roles }]): Change[] => {
      const was = old.get(name)
      if (!was) return []
      const rekeyed: Change[] =
        was.key.trim() === key.trim() ? [] : [{ where: `approver ${name}`, what: 'has another key', effect: 'either' }]
      return [...rekeyed, ...changed(`approver ${name}`, 'roles', was.roles, roles, 'neutral')]
    }),
  ]
}

function diffKept(before: Manifest, after: Manifest): Change[] {
  const kept = (field: 'evidence' | 'raw'): Change[] => {
    const [from, to] = [before.retention?.[field] ?? null, after.retention?.[field] ?? null]
    const effect = from === null || to === null ? 'either' : durationMs(to) < durationMs(from) ? 'weakens' : 'widens'
    return changed('retention', field, from, to, effect)
  }
  return [
    ...changed('routes', 'routes', asJson(before.routes), asJson(after.routes), 'neutral'),
    ...kept('evidence'),
    ...kept('raw'),
  ]
}

function asJson(value: unknown): JsonValue {
  return (value ?? null) as JsonValue
}

function byName<T>(items: readonly T[], nameOf: (item: T) => string): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [nameOf(item), item]))
}
