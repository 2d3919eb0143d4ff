import { keyOf, type Answer, type FactBundle, type Query } from '../model/fact.ts'
import type { Dialect, Resource, ResourceType } from '../model/resource.ts'
import type { Result } from '../model/result.ts'
import type { GoValue } from '../model/value.ts'
import { evaluate } from '../evaluate.ts'

/** For tests only: a resource as the loader makes it. */
export function resource(
  type: ResourceType,
  key: string,
  attributes: Readonly<Record<string, GoValue>>,
  more: Partial<Resource> = {},
): Resource {
  const place = { file: 'goss.yaml', row: 1, column: 1 }
  return { type, key, attributes: new Map(Object.entries(attributes)), title: '', meta: null, skip: false, place, ...more }
}

/** For tests only: a bundle with these answers. */
export function bundleOf(facts: readonly (readonly [Query, Answer<unknown>])[]): FactBundle {
  return {
    format: 'runproof-facts/v1',
    target: { id: 'web-1', transport: 'local', address: 'local' },
    host: { system: null, distribution: null, architecture: null },
    startedAt: '2026-03-01T12:00:00.000Z',
    endedAt: '2026-03-01T12:00:01.000Z',
    facts: Object.fromEntries(facts.map(([query, answer]) => [keyOf(query), { query, answer }])),
  }
}

/** For tests only: `property: outcome (error)` of every result. */
export function judged(
  resources: readonly Resource[],
  facts: readonly (readonly [Query, Answer<unknown>])[],
  dialect: Dialect = 'goss',
): readonly string[] {
  return evaluate({ resources }, bundleOf(facts), dialect).map(shown)
}

function shown({ property, outcome, error }: Result): string {
  return `${property}: ${outcome}${error === null ? '' : ` (${error})`}`
}
