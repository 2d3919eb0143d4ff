import type { Act, Action, Subject, Target } from '../../../core/model/act.ts'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import type { Severity } from '../../../core/model/severity.ts'
import { actRecord, watchRecord } from '../../sensors/runproof/record.ts'
import { addressTarget, fileTarget, nobody } from '../../sensors/subject.ts'
import type { Attempt, GuardSeverity, Mechanism, Violation } from '../model.ts'
import type { End, Fault, Heartbeat, Loss, More } from '../probes/probe.ts'
import { containerOf } from './container.ts'

/** Whose records these are. `workload`: the guard stands beside one, and whatever it sees is that one's. */
export type Whose = {
  readonly node: string
  readonly workload: { readonly namespace: string | null; readonly name: string } | null
}

/** The records of a guard, one line each without its line break. docs/formats/guard.md is their form. */
export type Records = {
  readonly violation: (violation: Violation, more?: More) => string
  readonly counters: (heartbeat: Heartbeat, totals: Totals) => string
  readonly loss: (loss: Loss) => string
  readonly fault: (fault: Fault) => string
  readonly end: (end: End & { readonly signal: string }) => string
  readonly change: (change: Change) => string
}

/** What the running guard knows beside its probe. */
export type Totals = {
  readonly version: string
  readonly reloadedAt: string | null
  readonly matched: number
  readonly undelivered: number
  /** Name of the policy → SHA-256. */
  readonly policies: Readonly<Record<string, string>>
  /** Kept as evidence beside what every reader understands. */
  readonly more: Readonly<Record<string, string | number>>
}

/** Something that a person changed while it ran. `proof`: what that person signed, as JSON. */
export type Change = {
  readonly at: string
  readonly name: string
  readonly taken: string
  readonly tags: readonly string[]
  readonly proof: string | null
}

const SENSOR = 'runproof'

export function recordsOf(whose: Whose): Records {
  const instance = { sensor: SENSOR, node: whose.node }
  return {
    violation: (violation, more = {}) => actRecord(actOf(violation, more, whose), more.signal ?? null),
    counters: (heartbeat, { version, reloadedAt, matched, undelivered, policies, more }) =>
      watchRecord(
        {
          ...instance,
          kind: 'counters',
          at: heartbeat.at,
          startedAt: heartbeat.startedAt,
          reloadedAt,
          version,
          ...receivedOf(heartbeat),
          undelivered,
          matched,
          policies,
        },
        more,
      ),
    loss: ({ from, to, dropped, received, reason }) =>
      watchRecord({ ...instance, kind: 'loss', from, to, dropped, received }, { reason }),
    fault: (fault) => watchRecord({ ...instance, kind: 'fault', ...fault }),
    end: ({ at, process, signal }) => watchRecord({ ...instance, kind: 'end', at, process: sha256Hex(process), signal }),
    change: (change) => changeRecord(change, whose),
  }
}

/** Where nothing is lost because nothing is made, what was not seen counts as lost: of so many that the kernel made, these were missed. */
function receivedOf({ received, dropped, seen, forks }: Heartbeat): { received: number | null; dropped: number | null } {
  if (received !== null || dropped !== null) return { received, dropped }
  if (seen === null || forks === null) return { received: null, dropped: null }
  return { received: Math.max(forks, seen), dropped: Math.max(0, forks - seen) }
}

function actOf({ at, actor, attempt, rule, severity, action, effect, ...said }: Violation, more: More, whose: Whose): Act {
  return {
    class: 'detection',
    sensor: SENSOR,
    rule,
    at,
    action: actionOf(attempt),
    target: targetOf(attempt),
    access: attempt.type === 'file' ? attempt.access : null,
    subject: {
      ...subjectOf(actor, whose),
      commandLine: more.commandLine ?? null,
      ancestors: more.ancestors ?? [],
    },
    severity: severityOf(severity),
    confidence: confidenceOf(attempt, said.mechanism),
    effect,
    actionTaken: action,
    ...(effect === 'unknown' && more.process !== undefined && { toKill: sha256Hex(more.process) }),
    tags: [
      `process:${actor.name}`,
      `type:${said.type}`,
      `mode:${said.mode}`,
      `mechanism:${said.mechanism}`,
      ...(said.sequence === null ? [] : [`sequence:${said.sequence}`]),
    ],
  }
}

function subjectOf({ pid, uid, executable, name, cgroup }: Violation['actor'], { node, workload }: Whose): Subject {
  const container = containerOf(cgroup)
  return {
    ...nobody,
    node,
    namespace: workload?.namespace ?? null,
    workload: workload?.name ?? null,
    container,
    // Where nobody knows the control group nobody knows whether it was a container's.
    onHost: workload !== null || container !== null ? false : cgroup === null ? null : true,
    pid,
    uid,
    executable: executable ?? name,
    executablePartial: executable === null,
  }
}

/** System calls by which a process gets other rights are that, as other sensors tell them. */
const privileges = /^(set(u|g|re|res|fs)[ug]?id|setgroups|capset)$/

function actionOf(attempt: Attempt): Action {
  switch (attempt.type) {
    case 'exec':
      return 'exec'
    case 'file':
      return 'open'
    case 'network':
      return 'connect'
    case 'syscall':
      return privileges.test(attempt.name) ? 'privilege_change' : 'syscall'
    case 'memory':
    case 'cpu':
      return 'resource'
  }
}

function targetOf(attempt: Attempt): Target | null {
  switch (attempt.type) {
    case 'exec':
      return fileTarget('binary', attempt.path)
    case 'file':
      return fileTarget('path', attempt.path)
    case 'network':
      return addressTarget('out', attempt)
    case 'syscall':
      return { type: 'syscall', name: attempt.name }
    case 'memory':
    case 'cpu':
      return { type: 'resource', name: attempt.type }
  }
}

const words: Readonly<Record<GuardSeverity, Severity>> = { LOW: 'low', MEDIUM: 'medium', HIGH: 'high', CRITICAL: 'critical' }

function severityOf(severity: GuardSeverity): Severity {
  return words[severity]
}

/** What a program wrote into its memory before the call may be something else when the kernel reads it. */
function confidenceOf(attempt: Attempt, mechanism: Mechanism): number {
  const isAsked = attempt.type === 'file' || (attempt.type === 'network' && attempt.protocol === null)
  return isAsked && (mechanism === 'tracefs' || mechanism === 'tracepoint') ? 0.9 : 1
}

function changeRecord({ at, name, taken, tags, proof }: Change, { node }: Whose): string {
  const act: Act = {
    class: 'observation',
    sensor: SENSOR,
    rule: null,
    at,
    action: 'state',
    target: { type: 'state', name },
    access: null,
    subject: { ...nobody, node, onHost: true },
    severity: null,
    confidence: 1,
    effect: 'observed',
    actionTaken: taken,
    tags,
  }
  const record = actRecord(act)
  return proof === null ? record : JSON.stringify({ ...(JSON.parse(record) as object), proof: JSON.parse(proof) as unknown })
}
