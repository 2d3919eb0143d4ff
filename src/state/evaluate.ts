import { judge } from './match/judge.ts'
import type { FactBundle } from './model/fact.ts'
import type { Dialect, Resource, Suite } from './model/resource.ts'
import type { MatcherResult, Outcome, Result } from './model/result.ts'
import { dependencyOf, type Obstacle } from './resources/dependencies.ts'
import { idOf, isGated, propertiesOf } from './resources/resources.ts'
import type { Context, Property } from './resources/kind.ts'

/** What nothing was compared for. */
const nothing: MatcherResult = { message: '' }

/**
 * Judges a suite by what a host answered, resource by resource in the suite's order, properties in goss's. Pure: the same bundle gives the
 * same results.
 * @throws GossPanic in the dialect `goss`, where goss itself does not survive the suite
 */
export function evaluate(
  suite: Pick<Suite, 'resources'>,
  bundle: FactBundle,
  dialect: Dialect,
  packageManager: Context['packageManager'] = null,
): readonly Result[] {
  const judged = new Map<Resource, readonly Result[]>()
  const open = new Set<Resource>()
  const context: Context = { dialect, packageManager }
  const resultsOf = (resource: Resource): readonly Result[] => {
    const known = judged.get(resource)
    if (known !== undefined) return known
    open.add(resource)
    const obstacle = dialect === 'goss' ? null : dependencyOf(resource, suite.resources, open, resultsOf)
    open.delete(resource)
    const results = judgeResource(resource, obstacle, bundle, context)
    judged.set(resource, results)
    return results
  }
  return suite.resources.flatMap(resultsOf)
}

function judgeResource(resource: Resource, obstacle: Obstacle, bundle: FactBundle, context: Context): readonly Result[] {
  const frame = { resource, id: idOf(resource), startedAt: bundle.startedAt, endedAt: bundle.endedAt }
  const result = (property: string, outcome: Outcome, error: string | null, matcher = nothing): Result => ({
    ...frame,
    property,
    outcome,
    error,
    matcher,
  })
  const properties = propertiesOf(resource, bundle, context)
  if (properties.length === 0 && context.dialect === 'runproof')
    return [result('asserts', 'error', 'nothing is asserted, so nothing is shown: give a property')]
  const results: Result[] = []
  let skips = resource.skip
  for (const property of properties) {
    if (skips) results.push(result(property.name, 'skip', null))
    else if (obstacle !== null) results.push(result(property.name, obstacle.outcome, obstacle.reason))
    else results.push(judgeProperty(property, context.dialect, result))
    if (results.length === 1 && isGated(resource)) skips ||= closes(results[0])
  }
  return results
}

type Make = (property: string, outcome: Outcome, error: string | null, matcher?: MatcherResult) => Result

function judgeProperty(property: Property, dialect: Dialect, result: Make): Result {
  const actual = property.actual()
  if ('error' in actual) return result(property.name, 'error', actual.error, property.shownWithError?.(actual.error) ?? nothing)
  const { outcome, error, matcher } = judge(property.expected, actual.value, dialect)
  return result(property.name, outcome, error, matcher)
}

/** Whether what follows the first property is skipped: it did not pass, or it passed by being false. */
function closes(first: Result | undefined): boolean {
  return first !== undefined && (first.outcome !== 'pass' || first.error !== null || first.matcher.actual === false)
}
