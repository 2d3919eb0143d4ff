import { findGroup } from './accounts.ts'
import { integerOf } from './deprecated.ts'
import { attribute, isGiven, pick, required, value, type Kind, type Property } from './kind.ts'

const query = { kind: 'accounts' } as const

export const group: Kind = {
  override: 'groupname',
  showsOverride: true,
  isGated: true,
  queries: () => [query],
  properties(subject, facts) {
    const exists = required(subject, 'exists', () =>
      pick(facts, query, ({ group }) => value('value' in group && findGroup(group.value, subject.name) !== null)),
    )
    if (!isGiven(subject, 'gid')) return [exists]
    const gid: Property = {
      name: 'gid',
      expected: integerOf(attribute(subject, 'gid')),
      actual: () =>
        pick(facts, query, ({ group }) => {
          if ('error' in group) return group
          const found = findGroup(group.value, subject.name)
          return found === null ? { error: `group: unknown group ${subject.name}` } : value(found)
        }),
    }
    return [exists, gid]
  },
}
