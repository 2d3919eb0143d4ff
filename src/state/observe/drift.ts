import type { Outcome } from '../model/result.ts'

/** One check of one host as it was found in one run. */
export type Found = {
  readonly host: string
  readonly type: string
  readonly id: string
  readonly property: string
  readonly outcome: Outcome
  /** What was found, on one line, without secrets; null: nothing to show. */
  readonly actual: string | null
}

/** What is not as it was in the run before. Null outcome: the check was not there. */
export type Drift = Pick<Found, 'host' | 'type' | 'id' | 'property'> & {
  readonly from: Outcome | null
  readonly to: Outcome | null
  readonly was: string | null
  readonly is: string | null
}

/** Checks whose outcome, or what they found, changed; that appeared or went away. In the order of the later run. Nothing before: no drift. */
export function driftOf(before: readonly Found[] | null, after: readonly Found[]): readonly Drift[] {
  if (before === null) return []
  const earlier = new Map(before.map((found) => [keyOf(found), found]))
  const later = new Set(after.map(keyOf))
  const drifted = after.flatMap((found): readonly Drift[] => {
    const known = earlier.get(keyOf(found))
    return known?.outcome === found.outcome && known.actual === found.actual ? [] : [drift(known ?? null, found)]
  })
  return [...drifted, ...before.filter((found) => !later.has(keyOf(found))).map((found) => drift(found, null))]
}

function drift(before: Found | null, after: Found | null): Drift {
  const { host, type, id, property } = (after ?? before) as Found
  return {
    host,
    type,
    id,
    property,
    from: before?.outcome ?? null,
    to: after?.outcome ?? null,
    was: before?.actual ?? null,
    is: after?.actual ?? null,
  }
}

function keyOf({ host, type, id, property }: Found): string {
  return JSON.stringify([host, type, id, property])
}
