import type { Actual } from '../model/actual.ts'
import type { Answer, ProcessFact } from '../model/fact.ts'
import { userNameOf } from './accounts.ts'
import { given, isGiven, list, pick, required, value, type Facts, type Kind } from './kind.ts'

const query = { kind: 'processes' } as const
const accounts = { kind: 'accounts' } as const

/** By the kernel's name, 15 bytes of it; goss also cuts at the first closing bracket. Ours: whose they are (user ids by name), with which arguments, how many. */
export const processKind: Kind = {
  override: 'comm',
  showsOverride: true,
  isGated: true,
  queries: (subject) => (isGiven(subject, 'owner') ? [query, accounts] : [query]),
  properties(subject, facts, { dialect }) {
    const found = (take: (found: readonly ProcessFact[]) => Answer<Actual>) => () =>
      pick(facts, query, (processes) =>
        take(processes.filter(({ comm }) => (dialect === 'goss' ? (comm.split(')')[0] ?? '') : comm) === subject.name)),
      )
    return [
      required(
        subject,
        'running',
        found(({ length }) => value(length > 0)),
      ),
      ...given(subject, [
        ['owner', found((processes) => ownersOf(processes, facts))],
        ['args', found((processes) => list(processes.map(({ commandLine }) => commandLine.join(' '))))],
        ['count', found(({ length }) => value(BigInt(length)))],
      ]),
    ]
  },
}

/** One owner is a text, several are a list: `owner: root` says that all of them are root's. */
function ownersOf(processes: readonly ProcessFact[], facts: Facts): Answer<Actual> {
  return pick(facts, accounts, ({ passwd }) => {
    if ('error' in passwd) return passwd
    const names = new Set(processes.map(({ uid }) => userNameOf(passwd.value, uid) ?? String(uid)))
    const [only = ''] = names
    return names.size === 1 ? value(only) : list([...names].sort())
  })
}
