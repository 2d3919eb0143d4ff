import { answerIn, keyOf, type QueryOf } from '../model/fact.ts'
import {
  attribute,
  given,
  list,
  milliseconds,
  pick,
  text,
  value,
  type Context,
  type Facts,
  type Kind,
  type Subject,
} from './kind.ts'

const types = new Set(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'SRV', 'TXT', 'CAA'])
const moreTypes = new Set([...types, 'SSHFP'])

/** A name and what it resolves to. `MX:example.org` asks for a type; without a server goss forgets the type, we do not. */
export const dns: Kind = {
  override: 'resolve',
  showsOverride: true,
  isGated: true,
  queries: (subject, context) => (unknownType(subject, context) === null ? [queryOf(subject, context)] : []),
  properties(subject, facts, context) {
    const query = queryOf(subject, context)
    const unknown = unknownType(subject, context)
    const take = (of: (addresses: readonly string[]) => ReturnType<typeof value>) => () =>
      unknown === null
        ? pick(withoutResolverFaults(facts, query, context), query, of)
        : { error: `${unknown} is no record type that can be asked for; one of: ${[...moreTypes].join(', ')}` }
    return [
      {
        name: 'resolvable',
        expected: attribute(subject, 'resolvable') ?? attribute(subject, 'resolveable'),
        actual: take((addresses) => value(addresses.length > 0)),
      },
      ...given(subject, [['addrs', take((addresses) => list(addresses))]]),
    ]
  },
}

/** Whatever the system's resolver cannot do is "not resolvable" to goss, but that it takes too long. */
function withoutResolverFaults(facts: Facts, query: QueryOf<'dns'>, { dialect }: Context): Facts {
  const answer = answerIn(facts, query)
  const key = keyOf(query)
  const asked = facts.facts[key]
  if (dialect !== 'goss' || query.server !== null || asked === undefined || !('error' in answer)) return facts
  if (answer.error.startsWith('DNS lookup timed out')) return facts
  return { ...facts, facts: { [key]: { ...asked, answer: { value: [] } } } }
}

function queryOf(subject: Subject, context: Context): QueryOf<'dns'> {
  const { type, name } = split(subject.name)
  const server = text(subject, 'server') || null
  const asked = context.dialect === 'goss' && (server === null || !types.has(type ?? '')) ? null : type
  return { kind: 'dns', name, type: asked, server, timeoutMs: milliseconds(subject, 'timeout', 500) }
}

function unknownType(subject: Subject, { dialect }: Context): string | null {
  const { type } = split(subject.name)
  return dialect === 'runproof' && type !== null && !moreTypes.has(type) ? type : null
}

function split(resolve: string): { readonly type: string | null; readonly name: string } {
  const [, type = null, name = resolve] = /^([A-Z]+):(.*)$/s.exec(resolve) ?? []
  return { type, name }
}
