import type { Answer } from '../model/fact.ts'
import { findUser, groupsOf, shellOf, type User } from './accounts.ts'
import { integerOf } from './deprecated.ts'
import { given, list, pick, required, value, valueOf, type Facts, type Kind, type Property } from './kind.ts'

const query = { kind: 'accounts' } as const

export const user: Kind = {
  override: 'username',
  showsOverride: true,
  isGated: true,
  queries: () => [query],
  properties(subject, facts) {
    const { name } = subject
    const of = (take: (user: User) => bigint | string) => () => {
      const found = lookUp(facts, name)
      return 'error' in found ? found : value(take(found.value))
    }
    return [
      required(subject, 'exists', () => pick(facts, query, () => value('value' in lookUp(facts, name)))),
      ...withIntegers(
        given(subject, [
          ['uid', of(({ uid }) => uid)],
          ['gid', of(({ gid }) => gid)],
        ]),
      ),
      ...given(subject, [
        ['home', of(({ home }) => home)],
        ['groups', () => groups(facts, name)],
        ['shell', () => pick(facts, query, ({ passwd }) => ('error' in passwd ? passwd : valueOf(shellOf(passwd.value, name))))],
      ]),
    ]
  },
}

function withIntegers(properties: readonly Property[]): readonly Property[] {
  return properties.map((property) => ({ ...property, expected: integerOf(property.expected) }))
}

function groups(facts: Facts, name: string): ReturnType<Property['actual']> {
  return pick(facts, query, ({ group }) => {
    if ('error' in group) return group
    const found = lookUp(facts, name)
    return 'error' in found ? found : list(groupsOf(group.value, name, found.value.gid))
  })
}

function lookUp(facts: Facts, name: string): Answer<User> {
  let found: User | null = null
  const answer = pick(facts, query, ({ passwd }) => {
    if ('error' in passwd) return passwd
    found = findUser(passwd.value, name)
    return found === null ? { error: `user: unknown user ${name}` } : value(true)
  })
  return 'error' in answer ? answer : { value: found as unknown as User }
}
