import { setTimeout as sleep } from 'node:timers/promises'
import { failureRecord } from '../records.ts'
import { loaded, type Checker, type PolicyRun } from '../policies/audit.ts'
import type { Enforced } from '../policies/enforce.ts'
import type { HookEvent, Policy, PolicyProblem } from '../policies/model.ts'
import { recordsOfPolicy, sensorOf } from '../policies/policy-records.ts'
import { sarifOf } from '../policies/sarif.ts'
import { watchPaths, type Changes } from './changes.ts'
import type { Schedule } from './cron.ts'
import { driftOf, type Drift, type Found } from './drift.ts'
import type { History } from './history.ts'
import { Task } from './task.ts'
import { foundIn, healthOf, type Health, type LastRun, type Reason, type Watched } from './watched.ts'

/** A policy and when it is due. */
export type Due = {
  readonly policy: Policy
  readonly enforced: Enforced
  readonly schedule: Schedule | null
}

/** What is told of a run: to webhooks, by event. */
export type Told = { readonly event: HookEvent; readonly policy: string; readonly at: string; readonly content: unknown }

export type ObserverOptions = {
  readonly due: readonly Due[]
  readonly checker: Checker
  readonly environment: string | null
  readonly version: string
  readonly history: History | null
  /** Takes the records of a run; what it throws is told and the run stays. */
  readonly record: (lines: readonly string[]) => Promise<void>
  readonly tell: (told: Told) => void
  readonly say: (message: string) => void
  readonly now: () => number
  readonly debounceMs?: number
  /** When the report over all policies is told. */
  readonly reportSchedule?: Schedule | null
}

export type Observer = {
  readonly watched: () => readonly Watched[]
  readonly runs: ReadonlyMap<string, number>
  readonly drifts: ReadonlyMap<string, number>
  /** Runs every policy now; resolves when all are done. */
  readonly runAll: (reason: Reason) => Promise<void>
  /** Ends when the signal comes, after what runs has finished. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** The longest that Node waits in one go. */
const MOST_WAIT_MS = 86_400_000

/** Watches over policies: each runs at the start, when it is due, and when what it watches changes; one run at a time for each. */
export function createObserver(options: ObserverOptions): Observer {
  const keepers = options.due.map((due) => new Keeper(due, options))
  const runs = new Map<string, number>()
  const drifts = new Map<string, number>()
  for (const keeper of keepers)
    keeper.onRun = (id, drifted) => {
      runs.set(id, (runs.get(id) ?? 0) + 1)
      drifts.set(id, (drifts.get(id) ?? 0) + drifted)
    }
  const watched = (): readonly Watched[] => keepers.map((keeper) => keeper.watched())
  const runAll = async (reason: Reason): Promise<void> =>
    void (await Promise.all(keepers.map((keeper) => keeper.task.ask(reason))))
  return {
    watched,
    runs,
    drifts,
    runAll,
    async run(signal) {
      const watching = keepers.flatMap((keeper) => keeper.watchFiles() ?? [])
      try {
        await runAll({ kind: 'start', what: null })
        await Promise.all([
          ...keepers.map((keeper) => keeper.keepTime(signal)),
          report(options, watched, signal),
          stopped(signal),
        ])
      } finally {
        for (const changes of watching) changes.close()
        await Promise.all(keepers.map((keeper) => keeper.task.stop()))
      }
    },
  }
}

/** Keeps one policy. */
class Keeper {
  readonly task: Task
  onRun: (id: string, drifted: number) => void = () => {}
  private readonly due: Due
  private readonly options: ObserverOptions
  private last: LastRun | null = null
  private health: Health | null = null
  private before: readonly Found[] | null

  constructor(due: Due, options: ObserverOptions) {
    this.due = due
    this.options = options
    this.before = options.history?.latest(sensorOf(due.policy)) ?? null
    this.task = new Task((reason) => this.runOnce(reason))
  }

  watched(): Watched {
    return { ...this.due, last: this.last, isRunning: this.task.isRunning }
  }

  watchFiles(): Changes | null {
    const { paths, id } = this.due.policy
    if (paths.length === 0) return null
    return watchPaths({
      paths,
      onChange: (changed) => void this.task.ask({ kind: 'change', what: changed.join(', ') }),
      onProblem: (message) => this.options.say(`${id}: ${message}`),
      ...(this.options.debounceMs !== undefined && { debounceMs: this.options.debounceMs }),
    })
  }

  async keepTime(signal: AbortSignal): Promise<void> {
    const { schedule } = this.due
    if (schedule === null) return
    await eachTime(schedule, this.options.now, signal, () => void this.task.ask({ kind: 'schedule', what: schedule.text }))
  }

  private async runOnce(reason: Reason): Promise<void> {
    const { policy } = this.due
    const startedAt = this.instant()
    try {
      const { run, problem } = await this.check()
      await this.finish(run, problem, startedAt, reason)
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      this.options.say(`${policy.id}: ${problem}`)
      this.last = { startedAt, endedAt: this.instant(), reason, run: null, problem, drift: [] }
      await this.record(await this.failures(problem))
    }
  }

  private async check(): Promise<{ readonly run: PolicyRun | null; readonly problem: string | null }> {
    const { policy, enforced } = this.due
    const { checker } = this.options
    const problems: PolicyProblem[] = []
    const suite = loaded(policy, checker, problems)
    if (suite === null)
      return { run: null, problem: problems.find(({ level }) => level === 'error')?.message ?? 'it cannot be read' }
    return { run: { policy, enforced, sources: suite.sources, hosts: await checker.check(suite) }, problem: null }
  }

  private async finish(run: PolicyRun | null, problem: string | null, startedAt: string, reason: Reason): Promise<void> {
    const { policy } = this.due
    const endedAt = this.instant()
    const found = run === null ? null : foundIn(run)
    const drift = found === null ? [] : driftOf(this.before, found)
    if (found !== null) this.before = found
    this.last = { startedAt, endedAt, reason, run, problem, drift }
    this.onRun(policy.id, drift.length)
    if (problem !== null) this.options.say(`${policy.id}: ${problem}`)
    const records = run === null ? await this.failures(problem ?? 'it could not run') : recordsOfPolicy(run, this.options.version)
    await this.record(records)
    const report = this.reportOf(run, startedAt, endedAt)
    this.keep(report, found, startedAt, endedAt)
    this.tell(report, drift, endedAt)
  }

  /** A run that could not be is told of every host that it was for: each of them was not looked at. */
  private async failures(why: string): Promise<readonly string[]> {
    const { checker } = this.options
    const hosts = await checker.check({ resources: [], notes: [], sources: [] }).catch(() => [])
    const at = this.instant()
    return hosts.map(({ target }) => failureRecord({ sensor: sensorOf(this.due.policy), target, at, why }))
  }

  private async record(lines: readonly string[]): Promise<void> {
    try {
      await this.options.record(lines)
    } catch (error) {
      this.options.say(
        `${this.due.policy.id}: records were not written: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }

  private reportOf(run: PolicyRun | null, startedAt: string, endedAt: string): unknown {
    const { environment, version } = this.options
    const problem = this.last?.problem ?? null
    const { id, place } = this.due.policy
    const problems = problem === null ? [] : [{ level: 'error' as const, policy: id, message: problem, place }]
    return sarifOf({ environment, startedAt, endedAt, runs: run === null ? [] : [run], problems }, { version, isStrict: false })
  }

  private keep(sarif: unknown, found: readonly Found[] | null, startedAt: string, endedAt: string): void {
    if (found === null) return
    const { policy } = this.due
    try {
      this.options.history?.keep(sensorOf(policy), {
        format: 'runproof-state-run/v1',
        policy: policy.id,
        startedAt,
        endedAt,
        found,
        sarif,
      })
    } catch (error) {
      this.options.say(`${policy.id}: the run was not kept: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  private tell(sarif: unknown, drift: readonly Drift[], at: string): void {
    const { id } = this.due.policy
    const { tell, now } = this.options
    tell({ event: 'results', policy: id, at, content: sarif })
    if (drift.length > 0) tell({ event: 'drift', policy: id, at, content: drift })
    const health = healthOf(this.watched(), null, now())
    // A policy that stands as it stood is no news.
    if (health !== this.health) tell({ event: 'policy', policy: id, at, content: { status: health, was: this.health } })
    this.health = health
  }

  private instant(): string {
    return new Date(this.options.now()).toISOString()
  }
}

async function report(
  { reportSchedule = null, tell, now, environment }: ObserverOptions,
  watched: () => readonly Watched[],
  signal: AbortSignal,
): Promise<void> {
  if (reportSchedule === null) return
  await eachTime(reportSchedule, now, signal, () => {
    const policies = watched().map((one) => ({
      policy: one.policy.id,
      status: healthOf(one, null, now()),
      lastRun: one.last?.endedAt ?? null,
      drifted: one.last?.drift.length ?? 0,
    }))
    tell({ event: 'report', policy: '', at: new Date(now()).toISOString(), content: { environment, policies } })
  })
}

/** Calls at every due moment until the signal comes. Moments that passed while the machine slept are one. */
export async function eachTime(schedule: Schedule, now: () => number, signal: AbortSignal, due: () => void): Promise<void> {
  let at = schedule.next(now())
  while (!signal.aborted) {
    const wait = at - now()
    if (wait > 0) {
      await sleep(Math.min(wait, MOST_WAIT_MS), undefined, { signal }).catch(() => {})
      continue
    }
    due()
    at = schedule.next(now())
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
