import type { Actual } from '../model/actual.ts'
import { answerIn, type Answer, type MountFact, type QueryOf } from '../model/fact.ts'
import {
  given,
  list,
  milliseconds,
  pick,
  required,
  value,
  valueOf,
  type Context,
  type Facts,
  type Kind,
  type Subject,
} from './kind.ts'

const query = { kind: 'mounts' } as const
const ABSENT = 'Mountpoint not found'

/**
 * A mount by its exact mount point. goss takes the first of several at one place and errs where there is none, so that absence cannot be
 * asserted; we take the one on top, which is what programs see, and say false.
 */
export const mount: Kind = {
  override: 'mountpoint',
  showsOverride: true,
  isGated: true,
  queries: (subject) => [query, usageOf(subject)],
  properties(subject, facts, context) {
    const of = (take: (found: MountFact) => Answer<Actual>) => () => {
      const found = mounted(subject, facts, context)
      return 'error' in found ? found : found.value === null ? { error: ABSENT } : take(found.value)
    }
    return [
      required(subject, 'exists', () => exists(subject, facts, context)),
      ...given(subject, [
        ['opts', of(({ options }) => list([...new Set(options)]))],
        ['vfs-opts', of(({ superOptions }) => list(superOptions))],
        ['source', of(({ source }) => value(source))],
        ['filesystem', of(({ filesystem }) => value(filesystem))],
        ['usage', () => pick(facts, usageOf(subject), (percent) => value(wholeNumber(percent)))],
      ]),
    ]
  },
}

function exists(subject: Subject, facts: Facts, context: Context): Answer<Actual> {
  const found = mounted(subject, facts, context)
  if ('error' in found) return found
  if (context.dialect === 'runproof') return value(found.value !== null)
  if (found.value === null) return { error: ABSENT }
  const usage = answerIn(facts, usageOf(subject))
  return 'error' in usage ? usage : valueOf({ value: true })
}

function mounted({ name }: Subject, facts: Facts, { dialect }: Context): Answer<MountFact | null> {
  const answer = answerIn(facts, query)
  if ('error' in answer) return answer
  const here = answer.value.filter(({ mountpoint }) => mountpoint === name)
  return { value: here.at(dialect === 'goss' ? 0 : -1) ?? null }
}

function usageOf(subject: Subject): QueryOf<'usage'> {
  return { kind: 'usage', mountpoint: subject.name, timeoutMs: milliseconds(subject, 'timeout', 1000) }
}

/** Of a file system without blocks Go makes its smallest integer, as goss shows it. */
function wholeNumber(percent: number): bigint {
  return Number.isFinite(percent) ? BigInt(Math.round(percent)) : -(2n ** 63n)
}
