// What the tests of records, policies and watching are made of. Nothing else imports this file.
import type { Target } from './model/fact.ts'
import type { Resource } from './model/resource.ts'
import type { Result } from './model/result.ts'
import type { GoMap, GoValue } from './model/value.ts'

export const here: Target = { id: 'web-1', transport: 'local', address: 'local' }

export function mapOf(members: Readonly<Record<string, GoValue>>): GoMap {
  return new Map(Object.entries(members))
}

/** A check of the mode of a file, which passes unless told otherwise. */
export function resultOf({
  resource = {},
  ...rest
}: Partial<Omit<Result, 'resource'>> & { readonly resource?: Partial<Resource> } = {}): Result {
  return {
    id: '/etc/shadow',
    property: 'mode',
    outcome: 'pass',
    error: null,
    matcher: { message: 'to equal', expected: '0640', actual: rest.outcome === 'fail' ? '0644' : '0640' },
    startedAt: '2026-03-02T10:00:00Z',
    endedAt: '2026-03-02T10:00:01Z',
    ...rest,
    resource: {
      type: 'file',
      key: '/etc/shadow',
      attributes: mapOf({ mode: '0640' }),
      title: '',
      meta: null,
      skip: false,
      place: { file: 'goss.yaml', row: 1, column: 1 },
      ...resource,
    },
  }
}
