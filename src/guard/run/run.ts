import { RunproofError } from '../../../core/model/errors.ts'
import type { EventTime } from '../../../core/model/time.ts'
import type { Guard } from '../guard.ts'
import type { Mode, Sighting, Violation, ViolationType } from '../model.ts'
import type { CompiledPolicy } from '../policy/compile.ts'
import { timeOf } from '../probes/clock.ts'
import type { ActivePolicy, Coverage, End, Heartbeat, More, Probe, ProbeKind, Tier } from '../probes/probe.ts'
import type { Alerts, AlertCounts } from './alerts.ts'
import { neededTypes, notPrevented } from './needs.ts'
import type { Outlet } from './outlet.ts'
import type { Records } from './records.ts'
import { Resources } from './resources.ts'
import { Supervisor } from './supervisor.ts'

export type RunOptions = {
  readonly guard: Guard
  /** What the policy is called in counters, as a manifest names it: its file. */
  readonly policyName: string
  readonly version: string
  readonly records: Records
  readonly outlet: Outlet
  readonly alerts: Alerts
  readonly probe: () => Probe
  /** How often counters are written; the manifest's interval must not be shorter than half of it. */
  readonly countersMs?: number
  readonly beatMs?: number
  readonly now?: () => number
  readonly say: (message: string) => void
  /** For a live view. */
  readonly onViolation?: (violation: Violation) => void
}

/** How a running guard is. */
export type RunStatus = {
  readonly at: EventTime
  readonly startedAt: EventTime
  readonly probe: ProbeKind
  readonly policy: { readonly name: string; readonly digest: string; readonly generation: number }
  readonly mode: Mode
  readonly processModes: Readonly<Record<string, Mode>>
  readonly stats: ReturnType<Guard['stats']>
  readonly heartbeat: Heartbeat | null
  readonly coverage: Coverage
  /** What the policy speaks of. */
  readonly needs: readonly ViolationType[]
  readonly records: { readonly written: number; readonly dropped: number; readonly waitingBytes: number }
  readonly alerts: AlertCounts
  readonly restarts: number
}

/** Processes whose kill is not proven yet, at most; more than that nobody can follow. */
const MOST_PENDING = 10_000
const PENDING_MS = 60_000

/** Probe, checks and records put together: what a probe sees is checked, and what comes of it is written. */
export class GuardRun {
  private readonly options: Required<RunOptions>
  private readonly supervisor: Supervisor
  private readonly resources: Resources
  private readonly pending = new Map<string, number>()
  private readonly startedAt: EventTime
  private generation = 1
  private reloadedAt: EventTime | null = null
  private matched = 0
  private written = 0
  private countersAt = 0
  private told = { unreadable: 0, untracked: 0 }
  private startOfProbe: EventTime | null = null
  private timer: NodeJS.Timeout | null = null
  /** Until it watches, nothing is evidence: another sensor may take its place. */
  private early: string[] | null = []

  constructor(options: RunOptions) {
    this.options = { countersMs: 10_000, beatMs: 1000, now: Date.now, onViolation: () => {}, ...options }
    const { probe, beatMs, now, say, records } = this.options
    this.startedAt = timeOf(now())
    this.resources = new Resources({ now, check: (sighting, more) => this.see(sighting, more), onEnd: (end) => this.ended(end) })
    this.supervisor = new Supervisor(this.active(), {
      make: probe,
      beatMs,
      now,
      say,
      restarted: () => this.tellGaps(),
      on: {
        sighting: (sighting, more) => void this.see(sighting, more),
        heartbeat: (heartbeat) => this.beat(heartbeat),
        loss: (loss) => this.write(records.loss(loss)),
        fault: (fault) => this.write(records.fault(fault)),
        end: (end) => this.ended(end),
      },
    })
  }

  /** @throws RunproofError when the probe cannot watch, or cannot prevent what the policy demands to be prevented */
  async start(): Promise<void> {
    this.resources.apply(this.active())
    try {
      await this.supervisor.start()
      this.assertPrevents(this.options.guard.policy)
    } catch (error) {
      await this.supervisor.stop()
      throw error
    }
    for (const record of this.early ?? []) this.put(record)
    this.early = null
    this.tellGaps()
    this.timer = setInterval(() => this.resources.look(), this.options.beatMs)
  }

  /** What was seen until now is written; resolves to the number of records that were lost on the way. */
  async stop(): Promise<number> {
    if (this.timer !== null) clearInterval(this.timer)
    await this.supervisor.stop()
    if (this.supervisor.last !== null) this.counters({ ...this.supervisor.last, at: timeOf(this.options.now()) })
    await this.options.guard.drained()
    await this.options.alerts.end()
    return this.options.outlet.end()
  }

  /** Takes effect before it resolves; `proof`: what whoever asked for it signed. */
  async setMode(mode: Mode, process: string | null, who: { readonly keyId: string; readonly proof: string }): Promise<void> {
    const { guard, records, now, say } = this.options
    const own = process === null ? null : (guard.processModes.get(process) ?? null)
    const before = process === null ? guard.mode : guard.modeOf(process)
    guard.setMode(mode, process ?? undefined)
    try {
      await this.applyAll()
    } catch (error) {
      guard.setMode(process === null ? before : own, process ?? undefined)
      throw error
    }
    const name = ['guard', 'mode', mode, ...(process === null ? [] : [process])].join('/')
    const tags = [`from:${before}`, `to:${mode}`, `key:${who.keyId}`]
    this.write(records.change({ at: timeOf(now()), name, taken: `mode ${before} to ${mode}`, tags, proof: who.proof }))
    say(`mode of ${process ?? 'the whole policy'}: ${before} to ${mode}, by ${who.keyId}`)
  }

  /** @throws RunproofError as the probe; then the old policy stays in force */
  async reload(policy: CompiledPolicy): Promise<void> {
    const { guard, now } = this.options
    const before = guard.policy
    guard.reload(policy)
    try {
      await this.applyAll()
    } catch (error) {
      guard.reload(before)
      throw error
    }
    this.options.alerts.use(policy.policy.alerts)
    this.reloadedAt = timeOf(now())
    if (this.supervisor.last !== null) this.counters({ ...this.supervisor.last, at: this.reloadedAt })
    this.tellGaps()
  }

  status(): RunStatus {
    const { guard, policyName, now, outlet, alerts } = this.options
    return {
      at: timeOf(now()),
      startedAt: this.startedAt,
      probe: this.supervisor.kind,
      policy: { name: policyName, digest: guard.policy.digest, generation: this.generation },
      mode: guard.mode,
      processModes: Object.fromEntries(guard.processModes),
      stats: guard.stats(),
      heartbeat: this.supervisor.last,
      coverage: this.supervisor.coverage(),
      needs: neededTypes(guard.policy),
      records: { written: this.written, dropped: outlet.dropped, waitingBytes: outlet.waiting },
      alerts: alerts.counts,
      restarts: this.supervisor.restarts,
    }
  }

  private see(sighting: Sighting, more: More = {}): Violation | null {
    const violation = this.options.guard.check(sighting, more)
    if (violation === null) return null
    this.matched += 1
    if (violation.effect === 'unknown' && more.process !== undefined) this.expectEnd(more.process)
    this.write(this.options.records.violation(violation, more))
    this.options.alerts.tell(violation)
    this.options.onViolation(violation)
    return violation
  }

  /** Only the end of a process that was to be killed proves anything. */
  private expectEnd(process: string): void {
    const [oldest] = this.pending.keys()
    if (this.pending.size >= MOST_PENDING && oldest !== undefined) this.pending.delete(oldest)
    this.pending.set(process, this.options.now())
  }

  private ended(end: End): void {
    const since = this.pending.get(end.process)
    if (since === undefined || end.signal === null) return
    this.pending.delete(end.process)
    this.write(this.options.records.end({ ...end, signal: end.signal }))
  }

  private beat(heartbeat: Heartbeat): void {
    const { now, countersMs } = this.options
    const isNew = this.startOfProbe !== heartbeat.startedAt
    if (isNew) this.told = { unreadable: 0, untracked: 0 }
    this.startOfProbe = heartbeat.startedAt
    for (const [process, since] of this.pending) if (now() - since > PENDING_MS) this.pending.delete(process)
    if (!isNew && now() - this.countersAt < countersMs) return
    this.tellUnseen(heartbeat)
    this.counters(heartbeat)
  }

  private counters(heartbeat: Heartbeat): void {
    const { guard, policyName, version, outlet, now, records } = this.options
    this.countersAt = now()
    const { seen, forks, unreadable, untracked } = heartbeat
    const known = Object.entries({ seen, forks, unreadable, untracked }).filter(
      (entry): entry is [string, number] => entry[1] !== null,
    )
    this.write(
      records.counters(heartbeat, {
        version,
        reloadedAt: this.reloadedAt,
        matched: this.matched,
        undelivered: outlet.dropped,
        policies: { [policyName]: guard.policy.digest },
        more: { ...Object.fromEntries(known), mode: guard.mode, probe: this.supervisor.kind },
      }),
    )
  }

  /** Each of these may hide a violation, so the moment is not one that was watched. */
  private tellUnseen({ at, unreadable, untracked }: Heartbeat): void {
    const more = { unreadable: (unreadable ?? 0) - this.told.unreadable, untracked: (untracked ?? 0) - this.told.untracked }
    this.told = { unreadable: unreadable ?? 0, untracked: untracked ?? 0 }
    const { records } = this.options
    if (more.unreadable > 0)
      this.write(records.fault({ at, what: `${more.unreadable} paths or addresses could not be read`, lasting: false }))
    if (more.untracked > 0)
      this.write(records.fault({ at, what: `${more.untracked} processes could not be followed`, lasting: false }))
  }

  /** What this host's kernel does not let the probe see or stop, of what the policy needs. */
  private tellGaps(): void {
    const { guard, records, now, say } = this.options
    const coverage = this.supervisor.coverage()
    const at = timeOf(now())
    const blind = coverage.blindSpots.filter(({ isCatalogued }) => !isCatalogued)
    const unseen = neededTypes(guard.policy).filter((type) => coverage.tiers[type] === 'none')
    for (const { what } of blind) this.write(records.fault({ at, what, lasting: true }))
    for (const type of unseen)
      this.write(records.fault({ at, what: `the policy speaks of ${type}, which cannot be seen here`, lasting: true }))
    for (const what of [...blind.map((spot) => spot.what), ...unseen.map((type) => `${type} cannot be seen here`)])
      say(`blind: ${what}`)
    if (guard.mode !== 'enforce') return
    for (const { type, tier } of notPrevented(guard.policy, coverage)) {
      say(`enforce: ${type} cannot be prevented here: ${instead[tier]}`)
      const tags = [`type:${type}`, `tier:${tier}`]
      this.write(records.change({ at, name: `guard/enforce/${type}/${tier}`, taken: 'degraded', tags, proof: null }))
    }
  }

  private async applyAll(): Promise<void> {
    this.generation += 1
    const active = this.active()
    await this.supervisor.apply(active)
    this.assertPrevents(active.compiled)
    this.resources.apply(active)
  }

  private active(): ActivePolicy {
    const { guard } = this.options
    return { compiled: guard.policy, generation: this.generation, mode: guard.mode, processModes: guard.processModes }
  }

  private assertPrevents(compiled: CompiledPolicy): void {
    if (this.options.guard.mode !== 'enforce' || compiled.policy.enforce !== 'prevent') return
    const short = notPrevented(compiled, this.supervisor.coverage())
    if (short.length === 0) return
    const what = short.map(({ type, tier }) => `${type} (${tier} at best)`).join(', ')
    throw new RunproofError(
      'guard.not_ready',
      `the policy demands that violations are prevented, and the ${this.supervisor.kind} probe cannot do that here for ${what}; use another sensor or kernel, or say enforce: best_effort`,
    )
  }

  private write(record: string): void {
    if (this.early === null) this.put(record)
    else this.early.push(record)
  }

  private put(record: string): void {
    this.written += 1
    this.options.outlet.put(record)
  }
}

/** What becomes of an act that nothing here can prevent. */
const instead: Readonly<Record<Tier, string>> = {
  prevent: 'not all of it',
  terminate: 'the process is killed, and the act may have completed',
  observe: 'it is only seen',
  sample: 'it is only looked for again and again',
  none: 'it is not even seen',
}
