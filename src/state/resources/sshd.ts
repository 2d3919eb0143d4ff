import type { QueryOf } from '../model/fact.ts'
import { list, pick, required, text, value, type Kind, type Subject } from './kind.ts'

/** What sshd really does: the effective configuration, by keyword. One value is a text, several are a list. */
export const sshd: Kind = {
  override: 'keyword',
  showsOverride: true,
  isGated: false,
  queries: (subject) => [queryOf(subject)],
  properties: (subject, facts) => [
    required(subject, 'value', () =>
      pick(facts, queryOf(subject), (settings) => {
        const keyword = subject.name.toLowerCase()
        const values = Object.hasOwn(settings, keyword) ? (settings[keyword] ?? []) : []
        const [only] = values
        if (only === undefined) return { error: `sshd has no setting ${subject.name}` }
        return values.length === 1 ? value(only) : list(values)
      }),
    ),
  ],
}

function queryOf(subject: Subject): QueryOf<'sshd'> {
  return { kind: 'sshd', context: text(subject, 'context') || null }
}
