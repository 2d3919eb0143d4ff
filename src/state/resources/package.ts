import type { QueryOf } from '../model/fact.ts'
import { given, list, pick, required, value, type Context, type Kind, type Subject } from './kind.ts'

export const packageKind: Kind = {
  override: 'name',
  showsOverride: true,
  isGated: true,
  queries: (subject, context) => [queryOf(subject, context)],
  properties(subject, facts, context) {
    const query = queryOf(subject, context)
    const versions = (installed: Readonly<Record<string, readonly string[]>>): readonly string[] =>
      Object.hasOwn(installed, subject.name) ? (installed[subject.name] ?? []) : []
    return [
      required(subject, 'installed', () =>
        pick(facts, query, ({ installed, problem }) =>
          problem !== null && context.dialect === 'runproof' ? { error: problem } : value(versions(installed).length > 0),
        ),
      ),
      ...given(subject, [
        [
          'versions',
          () =>
            pick(facts, query, ({ installed }) => {
              const found = versions(installed)
              return found.length === 0 ? { error: 'Package version not found' } : list(found)
            }),
          'version',
        ],
      ]),
    ]
  },
}

/** Plain names share one question, the whole list; what is more than a name (a glob, `name:arch`, `bash-5.1.8-6.el9`) has its own. */
function queryOf({ name }: Subject, { packageManager }: Context): QueryOf<'packages'> {
  return { kind: 'packages', manager: packageManager, patterns: /[*?[\]:\\]|-\d[^-]*-\d[^-]*\.[a-z]/.test(name) ? [name] : [] }
}
