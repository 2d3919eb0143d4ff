import type { Act, Subject } from '../../../core/model/act.ts'
import type { Severity } from '../../../core/model/severity.ts'
import { nanosOf as nanosOfTime, type EventTime } from '../../../core/model/time.ts'
import type { Instance, Watch } from '../../../core/model/watch.ts'
import { confidence } from '../confidence.ts'
import type { Facts, JsonObject, Reading } from '../connector.ts'
import { textOf } from '../fields.ts'
import type { Given, ReportRead } from '../read/report.ts'
import { clip, clipAll, nobody } from '../subject.ts'
import { checkTags, type CheckWords } from './words.ts'

/** What became of one check: somebody looked and it holds, it does not, nobody looked, or it could not be judged. */
export type CheckOutcome = 'pass' | 'fail' | 'skip' | 'error'

/** One check of a report, in words that all report formats share. */
export type Check = CheckWords & {
  readonly outcome: CheckOutcome
  /** What the author of the check calls it: a control's `evidence` names it. */
  readonly rule: string | null
  /** What was checked: stable over runs, the target of the act. Null: the report does not say. */
  readonly name: string | null
  /** Null: the format has no scale. */
  readonly severity: Severity | null
  readonly at: EventTime | null
  /** Why it could not be judged. */
  readonly error: string | null
  readonly tags: readonly string[]
}

/** What the run says as a whole, as far as the report tells. */
export type Run = {
  readonly startedAt: EventTime | null
  readonly endedAt: EventTime | null
  readonly version: string | null
  /** The report says that it is not all of it. */
  readonly isPartial?: boolean
}

/** More than this is no report of one host; nothing of it is cut and believed. */
export const MAX_CHECKS = 100_000
const NAMED_ERRORS = 5
const ERROR_WORDS = 160

/**
 * Readings of one report, check by check: a check that fails is a detection, one that passes an observation without an action, a skipped one is ignored, one
 * that could not be judged is ignored and breaks the watch. `done` tells the run: only one that judged every check is a sign of life.
 */
export class ReportReadings {
  private readonly sensor: string
  private readonly given: Given
  private readonly instance: Instance
  private readonly errors: string[] = []
  private errorCount = 0
  private checks = 0
  private latest: EventTime | null = null
  private earliest: EventTime | null = null

  constructor(sensor: string, given: Given, node: string | null) {
    this.sensor = given.sensor ?? sensor
    this.given = given
    this.instance = { sensor: this.sensor, node: clip(given.node ?? node) }
  }

  check(check: Check, line?: number): ReportRead {
    this.checks++
    if (this.checks > MAX_CHECKS) {
      this.errorCount++
      return this.malformed('too_many', line)
    }
    const at = check.at ?? this.given.at
    this.seeTime(at)
    return { reading: this.readingOf(check, at), event: eventOf(check, at, this.instance), ...(line !== undefined && { line }) }
  }

  malformed(reason: string, line?: number): ReportRead {
    return {
      reading: { class: 'malformed', sensor: this.sensor, reason },
      event: null,
      ...(line !== undefined && { line }),
    }
  }

  get isEmpty(): boolean {
    return this.checks === 0
  }

  /** What the run shows: its sign of life, or that part of it could not be judged, or nothing where it holds no check. */
  done(run: Run): ReportRead {
    if (this.isEmpty) return this.malformed('empty_report')
    const startedAt = run.startedAt ?? this.earliest
    const endedAt = run.endedAt ?? this.given.at ?? this.latest
    const whole = this.errorCount === 0 && run.isPartial !== true
    const watch: readonly Watch[] = endedAt === null ? [] : [whole ? this.counters(run, startedAt, endedAt) : this.fault(endedAt)]
    return {
      reading: { class: 'health', sensor: this.sensor, instance: this.instance, at: whole ? endedAt : null, watch },
      event: { run: this.sensor, node: this.instance.node, at: endedAt, checks: this.checks, not_judged: this.errorCount },
    }
  }

  private readingOf(check: Check, at: EventTime | null): Reading {
    const { sensor, instance } = this
    switch (check.outcome) {
      case 'skip':
        return { class: 'ignored', sensor, reason: 'skipped' }
      case 'error':
        this.errorCount++
        if (this.errors.length < NAMED_ERRORS)
          this.errors.push(`${clip(check.name ?? 'a check', 200)} (${clip(check.error ?? 'no reason', ERROR_WORDS)})`)
        return { class: 'ignored', sensor, reason: 'not_judged' }
      case 'pass':
      case 'fail': {
        if (check.name === null) return { class: 'malformed', sensor, reason: 'no_name' }
        const kind = check.outcome === 'fail' ? 'detection' : 'observation'
        return { class: kind, sensor, act: this.actOf(check, check.name, kind, at), instance, at }
      }
    }
  }

  private actOf(check: Check, name: string, kind: Act['class'], at: EventTime | null): Act {
    const subject = subjectOf(this.given.subject, this.instance.node)
    const isAnybodys = subject.onHost !== true && [subject.workload, subject.pod, subject.container].every((one) => one === null)
    return {
      class: kind,
      sensor: this.sensor,
      rule: clip(check.rule),
      at,
      // What holds is no act that a list could speak against, and no occurrence of the failure: it is a behaviour of its own.
      action: kind === 'detection' ? 'state' : null,
      target: { type: 'state', name: clip(name) },
      access: null,
      subject,
      severity: check.severity,
      confidence: isAnybodys ? confidence.doubtful : confidence.full,
      effect: 'observed',
      actionTaken: null,
      tags: clipAll([...checkTags(check), ...check.tags]),
    }
  }

  private counters({ version }: Run, startedAt: EventTime | null, at: EventTime): Watch {
    // Every run loads its checks anew; it is no process that was restarted.
    return {
      ...this.instance,
      kind: 'counters',
      at,
      startedAt: null,
      reloadedAt: startedAt,
      version: clip(version),
      received: null,
      dropped: null,
      undelivered: null,
      matched: null,
      policies: {},
    }
  }

  private fault(at: EventTime): Watch {
    const left = this.errorCount - this.errors.length
    const named = `${this.errors.join('; ')}${left > 0 ? `; and ${left} more` : ''}`
    const what =
      this.errorCount === 0
        ? 'the report is not whole'
        : `${this.errorCount} of ${this.checks} checks could not be judged: ${named}`
    // Until the next run: what could not be judged is not known to hold in any minute after it.
    return { ...this.instance, kind: 'fault', at, what: clip(what, 1000), lasting: true }
  }

  private seeTime(at: EventTime | null): void {
    if (at === null) return
    if (this.latest === null || at > this.latest) this.latest = at
    if (this.earliest === null || at < this.earliest) this.earliest = at
  }
}

/** A host whose name is known and no workload beside it: the state is the host's. */
function subjectOf(given: Partial<Subject>, node: string | null): Subject {
  const named = { ...nobody, ...given, node }
  const isInside = [named.workload, named.pod, named.container, named.namespace].some((one) => one !== null)
  return { ...named, onHost: named.onHost ?? (node !== null && !isInside ? true : null) }
}

function eventOf(check: Check, at: EventTime | null, { node }: Instance): JsonObject {
  const { tags, ...said } = check
  return { ...said, tags: [...tags], at, node }
}

/** Facts of one check, for every report format alike. */
export function checkFacts(event: JsonObject): Facts {
  const at = textOf(event['at'])
  const told = (key: string): string | null => textOf(event[key])
  return {
    rule: told('rule'),
    target: told('name'),
    outcome: told('outcome'),
    title: told('title'),
    expected: told('expected'),
    actual: told('actual'),
    error: told('error'),
    native_severity: told('severity'),
    node: told('node'),
    time_ns: at === null ? null : nanosOfTime(at).toString(),
  }
}
