import type { Result } from '../model/result.ts'
import { clean, ruleOfResult } from '../records.ts'
import { writeResults } from '../output/write.ts'
import { plainStyle, type Format } from '../output/options.ts'
import type { Wanted } from './negotiate.ts'
import { foundIn, healthOf, worstOf, type Health, type Watched } from './watched.ts'

/** What is asked: how everything stands, one policy, or one host. */
export type Scope =
  | { readonly kind: 'all' }
  | { readonly kind: 'policy'; readonly id: string }
  | { readonly kind: 'host'; readonly id: string }

export type HealthAnswer = { readonly health: Health; readonly body: string }

/**
 * The scope that a path under the endpoint names; null: nobody has that name. A name that a policy and a host share is the policy's; `policy/`
 * and `host/` before it say which is meant.
 */
export function scopeOf(path: string, watched: readonly Watched[]): Scope | null {
  if (path === '') return { kind: 'all' }
  const name = decoded(path)
  if (name === null) return null
  const [kind, rest] = [name.slice(0, name.indexOf('/')), name.slice(name.indexOf('/') + 1)]
  const policy = (id: string): Scope | null => {
    const found = watched.find((one) => one.policy.id.toLowerCase() === id.toLowerCase())
    return found === undefined ? null : { kind: 'policy', id: found.policy.id }
  }
  const host = (id: string): Scope | null => (hostsOf(watched).includes(id) ? { kind: 'host', id } : null)
  if (kind === 'policy') return policy(rest)
  if (kind === 'host') return host(rest)
  return policy(name) ?? host(name)
}

/** How a scope stands, in the words that were asked for. */
export function answer(
  watched: readonly Watched[],
  scope: Scope,
  wanted: Wanted,
  run: { readonly nowMs: number; readonly version: string },
): HealthAnswer {
  const concerned = watched.filter(({ policy, last }) => {
    if (scope.kind === 'policy') return policy.id === scope.id
    // A policy that could not run at all concerns every host.
    return (
      scope.kind === 'all' ||
      (last?.run ?? null) === null ||
      last?.run?.hosts.some(({ target }) => target.id === scope.id) === true
    )
  })
  const host = scope.kind === 'host' ? scope.id : null
  const stands = concerned.map((one) => ({
    one,
    health: healthOf(one, (one.last?.run ?? null) === null ? null : host, run.nowMs),
  }))
  const health = worstOf(stands.map((stand) => stand.health))
  if (wanted.kind === 'goss') return { health, body: inGoss(wanted.format, concerned, host, run) }
  const lines = stands.map(({ one, health: own }) => standOf(one, own, host))
  if (wanted.kind === 'json') return { health, body: `${JSON.stringify({ status: health, policies: lines })}\n` }
  return { health, body: `${health.replace('_', ' ')}\n${lines.map(lineOf).join('')}` }
}

/** Every host that any policy has looked at. */
export function hostsOf(watched: readonly Watched[]): readonly string[] {
  return [...new Set(watched.flatMap(({ last }) => last?.run?.hosts.map(({ target }) => target.id) ?? []))]
}

type Stand = {
  readonly policy: string
  readonly status: Health
  readonly lastRun: string | null
  readonly running: boolean
  readonly problem: string | null
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly notJudged: number
  readonly drifted: number
  readonly hosts: readonly { readonly host: string; readonly failure: string | null }[]
  readonly failures: readonly {
    readonly host: string
    readonly check: string
    readonly rule: string
    readonly actual: string | null
  }[]
}

const NAMED = 50

function standOf({ last, policy, isRunning }: Watched, status: Health, host: string | null): Stand {
  const hosts = (last?.run?.hosts ?? []).filter(({ target }) => host === null || target.id === host)
  const results = hosts.flatMap((one) => one.results)
  const counted = (outcome: Result['outcome']): number => results.filter((result) => result.outcome === outcome).length
  const rules = new Map(
    results.map((result) => [`${result.resource.type} ${clean(result.id)} ${result.property}`, ruleOfResult(result).rule]),
  )
  const failed = (last?.run ? foundIn({ ...last.run, hosts }) : []).filter(({ outcome }) => outcome === 'fail').slice(0, NAMED)
  return {
    policy: policy.id,
    status,
    lastRun: last?.endedAt ?? null,
    running: isRunning,
    problem: last?.problem ?? null,
    passed: counted('pass'),
    failed: counted('fail'),
    skipped: counted('skip'),
    notJudged: counted('error'),
    drifted: last?.drift.length ?? 0,
    hosts: hosts.map(({ target, failure }) => ({ host: target.id, failure: failure === null ? null : clean(failure) })),
    failures: failed.map((one) => {
      const check = `${one.type} ${one.id} ${one.property}`
      return { host: one.host, check, rule: clean(rules.get(check) ?? check), actual: one.actual }
    }),
  }
}

function lineOf({ policy, status, passed, failed, notJudged, problem, lastRun, failures }: Stand): string {
  const counts = `${passed} passed, ${failed} failed, ${notJudged} not judged`
  const why = problem === null ? '' : ` (${problem})`
  const shown = failures.map(({ host, check }) => `  ${host}: ${check}\n`).join('')
  return `${policy}: ${status.replace('_', ' ')}, ${counts}, ${lastRun === null ? 'not run yet' : `at ${lastRun}`}${why}\n${shown}`
}

function inGoss(
  format: Format,
  watched: readonly Watched[],
  host: string | null,
  { nowMs, version }: { readonly nowMs: number; readonly version: string },
): string {
  const results = watched.flatMap(({ last }) =>
    (last?.run?.hosts ?? []).filter(({ target }) => host === null || target.id === host).flatMap((one) => one.results),
  )
  const sources = watched.flatMap(({ last }) => last?.run?.sources ?? [])
  const at = new Date(nowMs).toISOString()
  return writeResults(format, results, { dialect: 'runproof', endedAt: at, host, runId: null, version, sources }, plainStyle).text
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}
