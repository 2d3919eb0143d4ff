import { sha256Hex } from '../../../core/proof/sha256.ts'
import { failureRecord, recordsOf, STATE_SENSOR } from '../records.ts'
import type { PolicyRun } from './audit.ts'
import { severityOfScore, sureness, type Policy } from './model.ts'

/** A manifest's name for a sensor holds 63 characters. */
const MOST_SLUG = 50

/**
 * The sensor that a policy's checks are: one for each, because each has a cadence of its own, and an hourly run must not hide that the
 * nightly one did not happen. `RUNTIME-001 Hosts` is `state-runtime-001-hosts`.
 */
export function sensorOf({ id }: Pick<Policy, 'id'>): string {
  const slug = id
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  const isWhole = slug !== '' && slug.length <= MOST_SLUG
  return `${STATE_SENSOR}-${isWhole ? slug : `${slug.slice(0, MOST_SLUG - 9).replace(/-+$/, '')}-${sha256Hex(id).slice(0, 8)}`.replace(/^-/, '')}`
}

/** A policy's run as canonical records, host by host. A failure that the policy accepts is told too: whether it is waived is not its word. */
export function recordsOfPolicy({ policy, enforced, sources, hosts }: PolicyRun, version: string): readonly string[] {
  const sensor = sensorOf(policy)
  const grading = {
    severity: severityOfScore(policy.score),
    confidence: sureness(enforced.rule.confidence),
    remediation: policy.solution,
    tags: [`policy: ${policy.id}`, ...policy.tags, ...(enforced.exception === null ? [] : [`exception: ${enforced.exception}`])],
  }
  return hosts.flatMap(({ target, startedAt, endedAt, results, failure }) =>
    failure === null
      ? recordsOf({ sensor, target, subject: {}, startedAt, endedAt, results, sources, version, grading })
      : [failureRecord({ sensor, target, at: endedAt, why: failure })],
  )
}
