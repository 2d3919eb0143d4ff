import type { QueryOf } from '../model/fact.ts'
import { given, list, nilIfEmpty, pick, valueOf, type Kind } from './kind.ts'

/** No gate and nothing that must be there: goss takes a service that asserts nothing for a pass, we do not. */
export const service: Kind = {
  override: 'name',
  showsOverride: true,
  isGated: false,
  queries: ({ name }) => [{ kind: 'service', name }],
  properties(subject, facts) {
    const query: QueryOf<'service'> = { kind: 'service', name: subject.name }
    return given(subject, [
      ['enabled', () => pick(facts, query, ({ enabled }) => valueOf(enabled))],
      ['running', () => pick(facts, query, ({ running }) => valueOf(running))],
      [
        'runlevels',
        () => pick(facts, query, ({ runlevels }) => ('error' in runlevels ? runlevels : list(nilIfEmpty(runlevels.value ?? [])))),
      ],
    ])
  },
}
