import { selectWorkloads, workloadKey, type ResolvedWorkload } from '../../core/judge/resolve.ts'
import { durationMs } from '../../core/model/duration.ts'
import type { Control, Workload } from '../../core/model/manifest.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { isP256Spki, spkiFromPem } from '../../core/proof/keys.ts'
import { checkPatterns, checkSelections } from './check-selection.ts'
import { durationText } from './duration-text.ts'
import { isOnP256 } from './p256-point.ts'
import type { Fault, Path } from './problem.ts'
import { nearest } from './suggest.ts'
import type { Approver, Entry, View } from './view.ts'

/** What no field can say alone: names that are used twice or never declared, parts that do not fit each other. */
export function crossCheck(view: View): Fault[] {
  return [
    ...checkWindow(view),
    ...view.workloads.flatMap(checkWorkload),
    ...repeated(view.workloads, workloadKey, 'name', 'workload'),
    ...repeated(view.sensors, ({ name }) => name, 'name', 'sensor'),
    ...repeated(view.controls, ({ id }) => id, 'id', 'control'),
    ...view.controls.flatMap((entry) => checkControl(entry, view)),
    ...repeated(view.approvers, ({ name }) => name, 'name', 'approver'),
    ...checkApprovers(view.approvers),
  ]
}

function checkWindow({ everyMs, offsetMs }: View): Fault[] {
  if (everyMs === null || offsetMs === null || offsetMs < everyMs) return []
  return [
    {
      path: ['window', 'offset'],
      message: 'is not shorter than the window',
      fix: `write less than ${durationText(everyMs)}: the rest after whole windows`,
    },
  ]
}

function checkWorkload({ value: { name, class: kind = 'kubernetes', namespace }, path }: Entry<Workload>): Fault[] {
  if (kind !== 'kubernetes' || namespace !== undefined) return []
  return [
    {
      path,
      message: `the kubernetes workload ${name} has no namespace`,
      fix: 'add `namespace:`, or `class: vm` where it is no Kubernetes workload',
    },
  ]
}

function repeated<T>(entries: readonly Entry<T>[], nameOf: (value: T) => string, field: string, kind: string): Fault[] {
  const first = new Map<string, Path>()
  return entries.flatMap(({ value, path }) => {
    const name = nameOf(value)
    if (!first.has(name)) {
      first.set(name, path)
      return []
    }
    return [
      {
        path: [...path, field],
        message: `the ${kind} ${JSON.stringify(name)} is there already`,
        fix: `give it another ${field}, or remove one of the two`,
      },
    ]
  })
}

function checkControl({ value: control, path, speaks }: View['controls'][number], view: View): Fault[] {
  const { evidence = {}, sensors = [] } = control
  const rules = Object.entries(evidence)
  return [
    ...(!speaks
      ? [
          {
            path,
            message: `control ${control.id} says nothing that could be violated`,
            fix: 'add `deny:`, `allow:` or `evidence:`',
          },
        ]
      : []),
    ...sensors.flatMap((name, index) => undeclared(name, view, [...path, 'sensors', index], false)),
    ...rules.flatMap(([name]) => undeclared(name, view, [...path, 'evidence', name], true)),
    ...rules.flatMap(([name, patterns]) => checkPatterns(patterns, [...path, 'evidence', name])),
    ...checkSelections(control, path),
    ...checkAppliesTo(control, path, view),
    ...checkLookBack(control, path, view),
  ]
}

function undeclared(name: string, { sensorNames }: View, path: Path, key: boolean): Fault[] {
  if (sensorNames.has(name)) return []
  const meant = nearest(name, [...sensorNames])
  const declared = [...sensorNames].join(', ')
  const fix =
    meant === null ? `declare it under \`sensors:\`; declared: ${declared}` : `did you mean \`${meant}\`? declared: ${declared}`
  return [{ path, key, message: `no sensor ${JSON.stringify(name)} is declared`, fix }]
}

function checkAppliesTo({ appliesTo }: Control, path: Path, { workloads, workloadsComplete }: View): Fault[] {
  if (!appliesTo) return []
  const place = [...path, 'appliesTo']
  const faults = [
    ...checkPatterns(appliesTo.workloads, [...place, 'workloads']),
    ...checkPatterns(appliesTo.namespaces, [...place, 'namespaces']),
  ]
  if (faults.length > 0 || !workloadsComplete || workloads.length === 0) return faults
  const declared = workloads.map(({ value }): Omit<ResolvedWorkload, 'nodes'> => {
    return { name: value.name, namespace: value.namespace ?? null, class: value.class ?? 'kubernetes' }
  })
  if (selectWorkloads(appliesTo, declared).length > 0) return []
  const names = declared.slice(0, 10).map(workloadKey).join(', ')
  return [
    {
      path: place,
      message: 'fits no declared workload, so this control would never be judged',
      fix: `declared: ${names}${declared.length > 10 ? ', …' : ''}`,
    },
  ]
}

function checkLookBack({ window }: Control, path: Path, { everyMs }: View): Fault[] {
  if (window === undefined || everyMs === null) return []
  const ms = durationMs(window)
  if (ms >= everyMs && ms % everyMs === 0) return []
  const whole = Math.max(1, Math.round(ms / everyMs)) * everyMs
  const message = ms < everyMs ? 'is shorter than the manifest’s window' : 'is no multiple of the manifest’s window'
  return [
    {
      path: [...path, 'window'],
      message: `${message}, ${durationText(everyMs)}`,
      fix: `write ${durationText(whole)}: a control looks back over whole windows`,
    },
  ]
}

function checkApprovers(approvers: readonly Entry<Approver>[]): Fault[] {
  const holders = new Map<string, string>()
  return approvers.flatMap(({ value: { name, key }, path }) => {
    const place = [...path, 'key']
    const message = keyFault(key)
    if (message !== null)
      return [
        {
          path: place,
          message,
          fix: 'openssl ecparam -name prime256v1 -genkey -noout -out key.pem; openssl ec -in key.pem -pubout; paste what that prints',
        },
      ]
    const bare = key.replaceAll(/\s/g, '')
    const holder = holders.get(bare)
    if (holder === undefined) holders.set(bare, name)
    return holder === undefined
      ? []
      : [{ path: place, message: `is also the key of ${holder}`, fix: 'give each person a key of their own' }]
  })
}

function keyFault(pem: string): string | null {
  try {
    const spki = spkiFromPem(pem)
    if (!isP256Spki(spki)) return 'is no P-256 public key'
    return isOnP256(spki.slice(-64)) ? null : 'is damaged: its point is not on the curve P-256'
  } catch (error) {
    if (error instanceof RunproofError) return 'is no PEM public key'
    throw error
  }
}
