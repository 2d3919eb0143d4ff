import type { Actual } from '../model/actual.ts'
import { answerIn, type Answer, type Digest, type FileFact, type QueryOf } from '../model/fact.ts'
import type { GoValue } from '../model/value.ts'
import { isGoMap } from '../model/value.ts'
import {
  attribute,
  given,
  isAsserted,
  isGiven,
  readerOf,
  required,
  value,
  valueOf,
  whileReading,
  type Kind,
  type Property,
  type Subject,
} from './kind.ts'

const digests = ['md5', 'sha256', 'sha512'] as const

type Stat = Extract<FileFact['stat'], { value: unknown }>['value']

/** lstat throughout; contents and digests follow links. Ours beside goss's: `access` by user, `capabilities`, `label` (SELinux). */
export const file: Kind = {
  override: 'path',
  showsOverride: true,
  isGated: true,
  queries: (subject) => [queryOf(subject)],
  properties(subject, facts) {
    // Once for all properties: most gossfiles are mostly files.
    let found: Answer<FileFact> | null = null
    const of: Of = (take) => () => {
      found ??= answerIn(facts, queryOf(subject))
      return 'error' in found ? found : take(found.value)
    }
    const stat = (take: (stat: Stat) => GoValue) => of(({ stat }) => ('error' in stat ? stat : value(take(stat.value))))
    return [
      required(
        subject,
        'exists',
        of(({ exists }) => valueOf(exists)),
      ),
      ...given(subject, [
        ['mode', stat(({ mode }) => mode)],
        ['owner', of(({ owner }) => valueOf(owner))],
        ['uid', stat(({ uid }) => BigInt(uid))],
        ['group', of(({ group }) => valueOf(group))],
        ['gid', stat(({ gid }) => BigInt(gid))],
        ['linked-to', of(({ linkTarget }) => valueOf(linkTarget)), 'linkedto'],
        ['filetype', stat(({ type }) => type)],
      ]),
      ...readers(subject, of),
      ...given(subject, [
        ['size', stat(({ size }) => BigInt(size))],
        ...digests.map((digest) => [digest, of((fact) => valueOf(fact.digests?.[digest]))] as const),
        ['capabilities', of(({ capabilities }) => valueOf(capabilities))],
        ['label', of(({ label }) => valueOf(label))],
      ]),
      ...accessOf(subject, of),
    ]
  },
}

type Of = (take: (fact: FileFact) => Answer<Actual>) => Property['actual']

function readers(subject: Subject, of: Of): readonly Property[] {
  return ['contains', 'contents']
    .filter((name) => isAsserted(subject, name))
    .map((name) => ({
      name,
      expected: attribute(subject, name),
      actual: of(({ contents }) => readerOf(contents, '*os.File')),
      shownWithError: whileReading(attribute(subject, name), '*os.File', (error) => error.startsWith('read ')),
    }))
}

/** `access: {www-data: r--}`: what a user may do by the mode bits, as `ls` writes it. */
function accessOf(subject: Subject, of: Of): readonly Property[] {
  const expected = attribute(subject, 'access')
  if (!isGoMap(expected)) return []
  return [...expected].map(([user, letters]) => ({
    name: `access: ${user}`,
    expected: letters,
    actual: of(({ access }) => {
      const may = access !== undefined && Object.hasOwn(access, user) ? access[user] : undefined
      if (may === undefined || 'error' in may) return valueOf(may)
      const { read, write, execute } = may.value
      return value(`${read ? 'r' : '-'}${write ? 'w' : '-'}${execute ? 'x' : '-'}`)
    }),
  }))
}

function queryOf(subject: Subject): QueryOf<'file'> {
  const access = attribute(subject, 'access')
  return {
    kind: 'file',
    path: subject.name,
    contents: isAsserted(subject, 'contents') || isAsserted(subject, 'contains'),
    digests: digests.filter((digest): digest is Digest => isGiven(subject, digest)),
    access: isGoMap(access) ? [...access.keys()] : [],
    capabilities: isGiven(subject, 'capabilities'),
    label: isGiven(subject, 'label'),
  }
}
