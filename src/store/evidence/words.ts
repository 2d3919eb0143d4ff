import { RunproofError } from '../../../core/model/errors.ts'

/** The columns of the full text that people search, by the name under which they may say `rule:shell`. */
export const searchable = ['rule', 'workload', 'executable', 'target', 'command', 'pod'] as const
type Searchable = (typeof searchable)[number]

/** Terms of a query, and characters of a term: what is longer was pasted by mistake, or on purpose. */
const MOST_TERMS = 8
const MOST_CHARS = 200

/**
 * A text as it is indexed: the whole, so that a path or an address is one word, and then its parts, so that `nsenter` finds
 * `/usr/bin/nsenter` and `10.0.0.1` finds `10.0.0.1:443`.
 */
export function indexedText(texts: readonly (string | null)[]): string {
  const whole = texts.filter((text) => text !== null).join(' \n ')
  const parts = whole.split(/\s+/).filter((word) => /[/:]/.test(word))
  return parts.length === 0 ? whole : `${whole} \n ${parts.map((word) => word.replaceAll(/[/:]+/g, ' ')).join(' ')}`
}

/**
 * An FTS5 expression for what a person typed: every term must occur; `"two words"` is a phrase, `shel*` a beginning, `rule:shell` asks
 * one column. Nothing of the text reaches FTS5 but inside a quoted string.
 * @throws RunproofError `request.invalid` when there is no term in it, or too many
 */
export function matchExpression(text: string): string {
  // A NUL would end the expression for SQLite.
  const terms = [
    ...text
      .replaceAll(/\p{Cc}/gu, ' ')
      .toWellFormed()
      .matchAll(TERM),
  ].flatMap(([, field, phrase, word]) => {
    const term = termOf(phrase ?? word ?? '', phrase === undefined)
    return term === null ? [] : [`{${columnsOf(field)}} : ${term}`]
  })
  if (terms.length === 0)
    throw new RunproofError('request.invalid', 'there is no word to search for; words have letters or digits')
  if (terms.length > MOST_TERMS) {
    throw new RunproofError(
      'request.invalid',
      `${terms.length} words to search for; ${MOST_TERMS} are allowed: put a phrase in quotes`,
    )
  }
  return terms.map((term) => `(${term})`).join(' AND ')
}

const TERM = new RegExp(`(?:(${searchable.join('|')}):)?(?:"([^"]*)"\\*?|([^\\s"]+))`, 'gu')

function columnsOf(field: string | undefined): string {
  return searchable.find((name): name is Searchable => name === field) ?? searchable.join(' ')
}

function termOf(text: string, mayBePrefix: boolean): string | null {
  const isPrefix = mayBePrefix && text.endsWith('*')
  const bare = (isPrefix ? text.slice(0, -1) : text).slice(0, MOST_CHARS).toWellFormed()
  // What the tokenizer would find nothing in matches nothing, and with it the whole query.
  if (!/[\p{L}\p{N}]/u.test(bare)) return null
  return `"${bare.replaceAll('"', '""')}"${isPrefix ? '*' : ''}`
}
