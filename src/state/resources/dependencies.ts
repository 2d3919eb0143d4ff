import type { Resource } from '../model/resource.ts'
import type { Result } from '../model/result.ts'

/** Why a resource is not judged on its own: a dependency that did not pass skips it, one that cannot be is an error. */
export type Obstacle = { readonly outcome: 'skip' | 'error'; readonly reason: string } | null

/**
 * Whether what a resource depends on lets it be judged. `depends-on` names others as `type:key`, or by the key alone where the type is its
 * own. One that is not in the suite, or a circle, is an error: unknown never means harmless.
 */
export function dependencyOf(
  resource: Resource,
  all: readonly Resource[],
  open: ReadonlySet<Resource>,
  resultsOf: (resource: Resource) => readonly Result[],
): Obstacle {
  for (const name of namesOf(resource)) {
    const found = find(name, resource, all)
    if (found === undefined) return { outcome: 'error', reason: `depends-on: ${name} is not in this suite` }
    const shown = `${found.type}:${found.key}`
    if (open.has(found)) return { outcome: 'error', reason: `depends-on: ${shown} depends on this one in turn` }
    const results = resultsOf(found)
    const blocking = results.find(({ outcome }) => outcome !== 'pass')
    if (blocking !== undefined || results.length === 0)
      return {
        outcome: 'skip',
        reason: `depends on ${shown}, ${blocking === undefined ? 'which asserts nothing' : of(blocking)}`,
      }
  }
  return null
}

function namesOf({ attributes }: Resource): readonly string[] {
  const given = attributes.get('depends-on')
  if (typeof given === 'string') return [given]
  return Array.isArray(given) ? given.map(String) : []
}

function find(name: string, { type }: Resource, all: readonly Resource[]): Resource | undefined {
  return (
    all.find((other) => name === `${other.type}:${other.key}`) ?? all.find((other) => other.type === type && other.key === name)
  )
}

function of({ property, outcome }: Result): string {
  const how = { fail: 'fails', error: 'could not be judged', skip: 'was skipped', pass: '' }[outcome]
  return `whose ${property} ${how}`
}
