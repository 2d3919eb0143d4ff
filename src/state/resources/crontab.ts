import type { QueryOf } from '../model/fact.ts'
import { attribute, pick, readerOf, text, type Kind, type Property, type Subject } from './kind.ts'

/** The entries of a user's crontab, judged line by line; the key `system` without `user` is the system's own tables. */
export const crontab: Kind = {
  override: 'user',
  showsOverride: true,
  isGated: false,
  queries: (subject) => [queryOf(subject)],
  properties(subject, facts): readonly Property[] {
    const actual: Property['actual'] = () =>
      pick(facts, queryOf(subject), (lines) => {
        const text = lines.map((line) => `${line}\n`).join('')
        return readerOf({ value: { text, size: new TextEncoder().encode(text).length, cut: false } })
      })
    return [{ name: 'entries', expected: attribute(subject, 'entries'), actual }]
  },
}

function queryOf(subject: Subject): QueryOf<'crontab'> {
  const user = text(subject, 'user') || (subject.resource.key === 'system' ? '' : subject.resource.key)
  return { kind: 'crontab', user: user || null }
}
