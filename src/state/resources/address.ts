import { milliseconds, pick, required, text, value, type Context, type Kind, type Subject } from './kind.ts'
import type { QueryOf } from '../model/fact.ts'

/** Whether something can be dialled. UDP says nothing to a dial: goss answers true always, we say that it cannot be known. */
export const addr: Kind = {
  override: 'address',
  showsOverride: true,
  isGated: false,
  queries: (subject, context) => (isUnknowable(subject, context) ? [] : [queryOf(subject)]),
  properties: (subject, facts, context) => [
    required(subject, 'reachable', () =>
      isUnknowable(subject, context)
        ? { error: 'nobody answers a UDP dial, so it shows nothing: assert the port on its host, or use a command' }
        : pick(facts, queryOf(subject), (isReachable) => value(isReachable)),
    ),
  ],
}

function queryOf(subject: Subject): QueryOf<'address'> {
  return {
    kind: 'address',
    address: subject.name.includes('://') ? subject.name : `tcp://${subject.name}`,
    localAddress: text(subject, 'local-address') || null,
    timeoutMs: milliseconds(subject, 'timeout', 500),
  }
}

function isUnknowable({ name }: Subject, { dialect }: Context): boolean {
  return dialect === 'runproof' && /^udp[46]?:\/\//.test(name)
}
