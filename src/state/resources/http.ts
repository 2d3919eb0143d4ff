import type { QueryOf } from '../model/fact.ts'
import {
  attribute,
  flag,
  GossPanic,
  isAsserted,
  milliseconds,
  pick,
  readerOf,
  required,
  text,
  texts,
  value,
  whileReading,
  type Context,
  type Kind,
  type Property,
  type Subject,
} from './kind.ts'

/** One request. Headers are judged as `Name: value` lines, sorted, names in their canonical form. */
export const http: Kind = {
  override: 'url',
  showsOverride: true,
  isGated: true,
  queries: (subject, context) => (brokenHeader(subject) === null ? [queryOf(subject, context)] : []),
  properties(subject, facts, context) {
    const broken = brokenHeader(subject)
    if (broken !== null && context.dialect === 'goss')
      throw new GossPanic(`runtime error: index out of range [1] with length 1 (request header ${JSON.stringify(broken)})`)
    const query = queryOf(subject, context)
    return [
      required(subject, 'status', () =>
        broken === null
          ? pick(facts, query, ({ status }) => value(BigInt(status)))
          : { error: `request-headers: ${JSON.stringify(broken)} is not of the form "Name: value"` },
      ),
      ...reader(subject, 'headers', 'Headers', () => pick(facts, query, ({ headers }) => readerOf({ value: linesOf(headers) }))),
      ...reader(subject, 'body', 'Body', () => pick(facts, query, ({ body }) => readerOf(body, '*http.cancelTimerBody'))),
    ]
  },
}

function reader(subject: Subject, name: string, property: string, actual: Property['actual']): readonly Property[] {
  const expected = attribute(subject, name)
  const shownWithError = whileReading(expected, '*http.cancelTimerBody', () => property === 'Body')
  return isAsserted(subject, name) ? [{ name: property, expected, actual, shownWithError }] : []
}

function linesOf(headers: readonly (readonly [string, string])[]): { text: string; size: number; cut: boolean } {
  const text = headers
    .map(([name, value]) => `${name}: ${value}`)
    .sort()
    .join('\n')
  return { text, size: new TextEncoder().encode(text).length, cut: false }
}

/** The first header that goss would not survive; null: there is none. */
function brokenHeader(subject: Subject): string | null {
  return texts(subject, 'request-headers').find((header) => !header.includes(': ')) ?? null
}

function queryOf(subject: Subject, { dialect }: Context): QueryOf<'http'> {
  return {
    kind: 'http',
    url: subject.name,
    method: text(subject, 'method') || 'GET',
    allowInsecure: flag(subject, 'allow-insecure'),
    followRedirects: !flag(subject, 'no-follow-redirects'),
    timeoutMs: milliseconds(subject, 'timeout', 5000),
    headers: texts(subject, 'request-headers'),
    body: text(subject, 'request-body'),
    username: text(subject, 'username'),
    password: text(subject, 'password'),
    caFile: text(subject, 'ca-file'),
    certFile: text(subject, 'cert-file'),
    keyFile: text(subject, 'key-file'),
    proxy: text(subject, 'proxy'),
    socket: dialect === 'runproof' ? text(subject, 'socket') || null : null,
  }
}
