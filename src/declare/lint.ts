import { resolve, workloadKey, type Resolved } from '../../core/judge/resolve.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import { lintControl } from './lint-control.ts'
import { warningOf, type Hint, type Warning } from './lint-rules.ts'
import { lintSensor } from './lint-sensor.ts'
import { byPosition, type Path, type Position } from './problem.ts'

export { lintRules, warningText, type Warning } from './lint-rules.ts'

/** Where a valid manifest promises less than it seems to, or leaves whoever must act without an answer. In the order of the text. */
export function lint(manifest: Manifest, locate: (path: Path, key?: boolean) => Position, file: string): readonly Warning[] {
  const resolved = resolve(manifest)
  const hints = [
    ...lintScope(resolved),
    ...resolved.sensors.flatMap((sensor, index) => lintSensor(sensor, ['sensors', index], resolved)),
    ...lintWindow(resolved),
    ...resolved.controls.flatMap((control, index) =>
      lintControl(control, manifest.controls[index]?.statement, ['controls', index]),
    ),
    ...lintPeople(manifest, resolved),
  ]
  return hints
    .map((hint) => warningOf(hint, locate(hint.path, hint.key), file))
    .sort((a, b) => byPosition(a, b) || (a.rule < b.rule ? -1 : 1))
}

function lintScope({ workloads, controls }: Resolved): Hint[] {
  const judged = new Set(controls.flatMap((control) => control.workloads))
  return workloads.flatMap((workload, index): Hint[] => {
    if (judged.has(workloadKey(workload))) return []
    const message = `no control applies to ${workloadKey(workload)}: a report says nothing about it`
    return [
      {
        rule: 'RP006',
        path: ['scope', 'workloads', index, 'name'],
        message,
        fix: 'widen an `appliesTo`, or take the workload out of the scope',
      },
    ]
  })
}

function lintWindow({ window: { every, everyMs, offsetMs } }: Resolved): Hint[] {
  const path = ['window', 'every']
  if (everyMs % WEEK_MS === 0 && offsetMs === 0) {
    return [
      {
        rule: 'RP041',
        path,
        message: 'windows are counted from 1970-01-01, which was a Thursday',
        fix: 'write `offset: 4d` to start them on Mondays',
      },
    ]
  }
  if (everyMs % DAY_MS === 0 || DAY_MS % everyMs === 0) return []
  const message = `${every} neither divides a day nor is a number of days: every window starts at another hour`
  return [{ rule: 'RP040', path, message, fix: 'use 1h, 2h, 3h, 4h, 6h, 8h, 12h or whole days' }]
}

function lintPeople({ approvers = [] }: Manifest, { unmapped, review }: Resolved): Hint[] {
  const hints: Hint[] = []
  if (approvers.length === 0) {
    const message = 'nobody may approve a waiver: every violation stands until its cause is gone'
    hints.push({
      rule: 'RP030',
      path: ['approvers'],
      message,
      fix: 'name people and their public keys under `approvers:`, unless that is what you want',
    })
  }
  if (unmapped.verdict === 'list') {
    const message = 'a detection that no control speaks about never changes the verdict, however severe'
    hints.push({
      rule: 'RP031',
      path: ['unmapped', 'verdict'],
      message,
      fix: 'leave it at review, and map or except what is known',
    })
  }
  if (review.twoPeopleFrom !== null && approvers.length === 1) {
    hints.push({
      rule: 'RP035',
      path: ['review', 'twoPeopleFrom'],
      message: `a waiver of severity ${review.twoPeopleFrom} takes two people, and one is named`,
      fix: 'name a second person under `approvers:`',
    })
  }
  return hints
}

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS
