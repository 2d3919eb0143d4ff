import type { Answer } from '../model/fact.ts'
import type { Actual } from '../model/actual.ts'
import { given, list, nilIfEmpty, pick, required, value, type Kind } from './kind.ts'

const query = { kind: 'interfaces' } as const
type Interface = { readonly name: string; readonly mtu: number; readonly addresses: readonly string[] }

export const networkInterface: Kind = {
  override: 'name',
  showsOverride: true,
  isGated: true,
  queries: () => [query],
  properties(subject, facts) {
    const of = (take: (found: Interface) => Answer<Actual>) => (): Answer<Actual> =>
      pick(facts, query, (interfaces) => {
        const found = interfaces.find(({ name }) => name === subject.name)
        return found === undefined ? { error: 'route ip+net: no such network interface' } : take(found)
      })
    return [
      required(subject, 'exists', () =>
        pick(facts, query, (interfaces) => value(interfaces.some(({ name }) => name === subject.name))),
      ),
      ...given(subject, [
        ['addrs', of(({ addresses }) => list(nilIfEmpty(addresses)))],
        ['mtu', of(({ mtu }) => value(BigInt(mtu)))],
      ]),
    ]
  },
}
