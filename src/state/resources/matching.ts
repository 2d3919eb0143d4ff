import { printV } from '../template/print.ts'
import { attribute, flag, readerOf, required, value, type Kind } from './kind.ts'

/** No host is asked: the content stands in the gossfile. */
export const matching: Kind = {
  override: null,
  showsOverride: false,
  isGated: false,
  queries: () => [],
  properties: (subject) => [
    required(subject, 'matches', () => {
      const content = attribute(subject, 'content')
      if (!flag(subject, 'as-reader')) return value(content)
      const text = printV(content)
      return readerOf({ value: { text, size: new TextEncoder().encode(text).length, cut: false } })
    }),
  ],
}
