import type { QueryOf } from '../model/fact.ts'
import { integerOf } from './deprecated.ts'
import {
  attribute,
  isAsserted,
  milliseconds,
  pick,
  readerOf,
  value,
  type Context,
  type Kind,
  type Property,
  type Subject,
} from './kind.ts'

const DELAY_MS = 1000

/** What a command printed and how it ended. No gate: output is judged also after a wrong exit status. */
export const command: Kind = {
  override: 'exec',
  showsOverride: false,
  isGated: false,
  queries: (subject, context) => [queryOf(subject, context)],
  properties(subject, facts, context) {
    const query = queryOf(subject, context)
    const status: Property = {
      name: 'exit-status',
      expected: integerOf(attribute(subject, 'exit-status')),
      actual: () => pick(facts, query, ({ exitStatus }) => value(BigInt(exitStatus))),
    }
    const streams = (['stdout', 'stderr'] as const)
      .filter((stream) => isAsserted(subject, stream))
      .map((stream) => ({
        name: stream,
        expected: attribute(subject, stream),
        actual: () => pick(facts, query, (fact) => readerOf({ value: fact[stream] }, '*bytes.Reader')),
      }))
    return [status, ...streams]
  },
}

function queryOf(subject: Subject, { dialect }: Context): QueryOf<'command'> {
  const own = dialect === 'runproof'
  return {
    kind: 'command',
    command: subject.name,
    timeoutMs: milliseconds(subject, 'timeout', 10_000),
    retries: own ? Number(attribute(subject, 'retry_count') ?? 0) : 0,
    retryDelayMs: own ? delayOf(subject) : 0,
  }
}

/** Milliseconds, or a text such as `500ms` or `2s`. Only of interest where there are retries. */
function delayOf(subject: Subject): number {
  if (Number(attribute(subject, 'retry_count') ?? 0) === 0) return 0
  const given = attribute(subject, 'retry_delay')
  if (typeof given !== 'string') return milliseconds(subject, 'retry_delay', DELAY_MS)
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(given) ?? []
  const factor = unit === 'm' ? 60_000 : unit === 's' ? 1000 : 1
  return amount === undefined ? DELAY_MS : Number(amount) * factor
}
