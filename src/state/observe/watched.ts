import { clean, wordsOf } from '../records.ts'
import type { HostCheck, PolicyRun } from '../policies/audit.ts'
import type { Enforced } from '../policies/enforce.ts'
import type { Policy } from '../policies/model.ts'
import type { Schedule } from './cron.ts'
import type { Drift, Found } from './drift.ts'

/** Why a policy ran. */
export type Reason = { readonly kind: 'start' | 'schedule' | 'change' | 'request'; readonly what: string | null }

/** The last run of one policy. `run` null: it could not run at all, `problem` says why. */
export type LastRun = {
  readonly startedAt: string
  readonly endedAt: string
  readonly reason: Reason
  readonly run: PolicyRun | null
  readonly problem: string | null
  readonly drift: readonly Drift[]
}

/** A policy that is watched over, and what is known of it. */
export type Watched = {
  readonly policy: Policy
  readonly enforced: Enforced
  readonly schedule: Schedule | null
  readonly last: LastRun | null
  readonly isRunning: boolean
}

export type Health = 'ok' | 'failing' | 'not_judged' | 'stale' | 'never_run'

/** So much later than the run after the next one is due a policy counts as forgotten. */
const LATE_MS = 60_000

/**
 * How a policy stands on one host, or on all. It is only well when it ran when it was due, everything could be judged, and no check of a
 * fatal policy failed without the policy accepting that here.
 */
export function healthOf({ last, enforced, schedule }: Watched, host: string | null, nowMs: number): Health {
  if (last === null) return 'never_run'
  if (last.run === null) return 'not_judged'
  const hosts = last.run.hosts.filter(({ target }) => host === null || target.id === host)
  if (hosts.length === 0) return 'never_run'
  if (enforced.rule.fatal && enforced.exception === null && hosts.some(fails)) return 'failing'
  if (hosts.some(({ failure, results }) => failure !== null || results.some(({ outcome }) => outcome === 'error')))
    return 'not_judged'
  if (hosts.every(({ results }) => results.every(({ outcome }) => outcome === 'skip'))) return 'not_judged'
  if (schedule !== null && nowMs > schedule.next(schedule.next(Date.parse(last.startedAt))) + LATE_MS) return 'stale'
  return 'ok'
}

/** The worst first. */
const worst: readonly Health[] = ['failing', 'not_judged', 'stale', 'never_run', 'ok']

/** How several stand together; of nothing nothing is known. */
export function worstOf(healths: readonly Health[]): Health {
  return worst.find((health) => healths.includes(health)) ?? 'never_run'
}

/** What a run found, in words that can be kept and compared. */
export function foundIn({ hosts }: PolicyRun): readonly Found[] {
  return hosts.flatMap(({ target, results }) =>
    results.map(({ resource, id, property, outcome, matcher }) => ({
      host: target.id,
      type: resource.type,
      id: clean(id),
      property,
      outcome,
      actual: outcome === 'skip' || outcome === 'error' ? null : clean((wordsOf(matcher.actual) ?? '').slice(0, 500)),
    })),
  )
}

function fails({ results }: HostCheck): boolean {
  return results.some(({ outcome }) => outcome === 'fail')
}
