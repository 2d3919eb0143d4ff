import type { Target } from '../model/fact.ts'
import type { Suite } from '../model/resource.ts'
import type { Result } from '../model/result.ts'
import { enforcedIn, isTagged, type Enforced, type TagFilter } from './enforce.ts'
import type { Policy, PolicyProblem } from './model.ts'

/** What one host answered to one suite. `failure`: why there is no answer. */
export type HostCheck = {
  readonly target: Target
  readonly startedAt: string
  readonly endedAt: string
  /** Secrets are masked. */
  readonly results: readonly Result[]
  readonly failure: string | null
}

/** How gossfiles are read and hosts are asked; the world stands behind it. */
export type Checker = {
  /** @throws whatever makes the gossfile unusable */
  readonly load: (policy: Policy) => Suite
  readonly check: (suite: Suite) => Promise<readonly HostCheck[]>
  readonly now: () => string
}

/** A policy that was judged, host by host. */
export type PolicyRun = {
  readonly policy: Policy
  readonly enforced: Enforced
  readonly sources: Suite['sources']
  readonly hosts: readonly HostCheck[]
}

export type Audit = {
  readonly environment: string | null
  readonly startedAt: string
  readonly endedAt: string
  readonly runs: readonly PolicyRun[]
  readonly problems: readonly PolicyProblem[]
}

/** Policies that hold here and are asked for, with how they hold; the others with why they do not. */
export function selectPolicies(
  policies: readonly Policy[],
  environment: string | null,
  filter: TagFilter,
): {
  readonly selected: readonly { readonly policy: Policy; readonly enforced: Enforced }[]
  readonly notes: readonly PolicyProblem[]
} {
  const notes: PolicyProblem[] = []
  const selected = policies.flatMap((policy) => {
    if (!isTagged(policy, filter)) return []
    const enforced = enforcedIn(policy, environment)
    if (enforced !== null) return [{ policy, enforced }]
    const where =
      environment === null ? 'no environment was named, and it holds in' : `it does not hold in ${environment}, only in`
    notes.push({
      level: 'note',
      policy: policy.id,
      message: `${where} ${policy.enforcement.map((rule) => rule.environment).join(', ')}`,
      place: policy.place,
    })
    return []
  })
  return { selected, notes }
}

/** Judges policies one after the other. A gossfile that cannot be read is a problem of its policy, and the others are judged. */
export async function auditPolicies(
  { policies, problems }: { readonly policies: readonly Policy[]; readonly problems: readonly PolicyProblem[] },
  environment: string | null,
  filter: TagFilter,
  checker: Checker,
): Promise<Audit> {
  const startedAt = checker.now()
  const { selected, notes } = selectPolicies(policies, environment, filter)
  const found: PolicyProblem[] = [...problems, ...notes]
  const runs: PolicyRun[] = []
  for (const { policy, enforced } of selected) {
    const suite = loaded(policy, checker, found)
    if (suite === null) continue
    runs.push({ policy, enforced, sources: suite.sources, hosts: await checker.check(suite) })
  }
  return { environment, startedAt, endedAt: checker.now(), runs, problems: found }
}

/** Null: the problem is noted. */
export function loaded(policy: Policy, { load }: Pick<Checker, 'load'>, problems: PolicyProblem[]): Suite | null {
  try {
    const suite = load(policy)
    for (const note of suite.notes)
      problems.push({
        level: 'note',
        policy: policy.id,
        message: note.message,
        place: { file: note.place.file, row: note.place.row },
      })
    if (suite.resources.length > 0) return suite
    problems.push({ level: 'error', policy: policy.id, message: `${policy.config} checks nothing`, place: policy.place })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    problems.push({ level: 'error', policy: policy.id, message: `${policy.config} cannot be used: ${why}`, place: policy.place })
  }
  return null
}

/**
 * - `non_compliant`: a check of a fatal policy failed (with `strict`: of any) and no exception accepts it
 * - `policy_error`: a policy is broken
 * - `not_judged`: a host did not answer, a check could not be judged, or no policy holds here
 */
export type AuditVerdict = 'compliant' | 'non_compliant' | 'policy_error' | 'not_judged'

/** What the audit comes to. What failed beats what could not be judged. */
export function verdictOf({ runs, problems }: Audit, isStrict: boolean): AuditVerdict {
  const fails = ({ enforced, hosts }: PolicyRun): boolean =>
    enforced.exception === null && (enforced.rule.fatal || isStrict) && hosts.some(({ results }) => results.some(isFailed))
  if (runs.some(fails)) return 'non_compliant'
  if (problems.some(({ level }) => level === 'error')) return 'policy_error'
  const checks = runs.flatMap(({ hosts }) => hosts)
  const isBlind = checks.some(({ failure, results }) => failure !== null || results.some(({ outcome }) => outcome === 'error'))
  const isEmpty = checks.every(({ results }) => results.every(({ outcome }) => outcome === 'skip'))
  return isBlind || isEmpty ? 'not_judged' : 'compliant'
}

/** 0 compliant, 1 non-compliant, 2 a policy is broken, 3 could not be judged. */
export const auditExit: Readonly<Record<AuditVerdict, number>> = {
  compliant: 0,
  non_compliant: 1,
  policy_error: 2,
  not_judged: 3,
}

function isFailed({ outcome }: Result): boolean {
  return outcome === 'fail'
}
