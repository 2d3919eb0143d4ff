import { eventMs } from '../model/time.ts'
import { pairs, type Counters, type Mark, type Span } from './marks.ts'
import { policyName, type ResolvedSensor } from './resolve.ts'

export const ANOTHER_POLICY = 'another policy is loaded'
export const UNKNOWN_POLICY = 'the loaded policy is not known'

type Shown = { readonly at: number; readonly since: number | null; readonly why: string | null }

/**
 * The stretches in which an instance does not show that it has loaded what the manifest declares. A snapshot speaks for the time from
 * its process's start or last reload up to the next snapshot, and the last one for twice the interval; two that agree speak for all
 * between them. Nothing declared, nothing to show.
 */
export function policyMarks(
  { policies, intervalMs }: Pick<ResolvedSensor, 'policies' | 'intervalMs'>,
  counters: readonly Counters[],
  window: Span,
): Mark[] {
  if (policies.length === 0) return []
  const shown = counters.map((snapshot) => shownBy(snapshot, policies))
  const [first, last] = [shown[0], shown.at(-1)]
  if (!first || !last) return [mark(window.from, window.to, UNKNOWN_POLICY)]
  const behind = last.why === null ? last.at + 2 * intervalMs : last.at
  return [
    ...beforeFirst(first, window.from),
    ...pairs(shown).flatMap(([before, after]) => between(before, after)),
    ...(behind < window.to ? [mark(Math.max(behind, window.from), window.to, last.why ?? UNKNOWN_POLICY)] : []),
  ]
}

function shownBy({ at, startedAt, reloadedAt, policies }: Counters, declared: ResolvedSensor['policies']): Shown {
  const loaded = Map.groupBy(Object.entries(policies), ([file]) => policyName(file))
  const whys = declared.map(({ name, digest }) => {
    const digests = loaded.get(name) ?? []
    if (digests.length === 0) return UNKNOWN_POLICY
    return digests.every(([, shown]) => shown === digest) ? null : ANOTHER_POLICY
  })
  const moments = [startedAt, reloadedAt].flatMap((moment) => (moment === null ? [] : [eventMs(moment)]))
  return {
    at: eventMs(at),
    since: moments.length === 0 ? null : Math.max(...moments),
    why: whys.find((why) => why === ANOTHER_POLICY) ?? whys.find((why) => why !== null) ?? null,
  }
}

/** A snapshot knows nothing of what its process had loaded before its last reload, nor of the process before. */
function beforeFirst({ at, since, why }: Shown, windowStart: number): Mark[] {
  if (at <= windowStart) return []
  if (why !== null) return [mark(windowStart, at, why)]
  const known = since === null ? at : Math.min(since, at)
  return known > windowStart ? [mark(windowStart, known, UNKNOWN_POLICY)] : []
}

/** What the two show holds up to the change where its moment is known and lies between them, else it may hold all along. */
function between(before: Shown, after: Shown): Mark[] {
  if (before.why === null && after.why === null) return []
  const isBetween = after.since !== null && after.since !== before.since && after.since > before.at && after.since <= after.at
  const change = isBetween ? (after.since ?? after.at) : null
  return [
    ...(before.why === null ? [] : [mark(before.at, after.why === null ? (change ?? after.at) : after.at, before.why)]),
    ...(after.why === null ? [] : [mark(change ?? before.at, after.at, after.why)]),
  ]
}

function mark(from: number, to: number, why: string): Mark {
  return { from, to, state: 'silent', why }
}
