import type { Actual } from '../model/actual.ts'
import type { Answer, CertificateFact, QueryOf } from '../model/fact.ts'
import { attribute, given, isGiven, list, milliseconds, pick, text, value, type Kind, type Subject } from './kind.ts'

const DAY_MS = 86_400_000

/**
 * A PEM file, or what a server presents at `host:port`. `valid`: the chain holds, and now is within its dates; `days-left` is whole days,
 * below zero once it has expired. "Now" is when the facts were taken. Where nothing is asserted, `valid` is.
 */
export const certificate: Kind = {
  override: 'path',
  showsOverride: true,
  isGated: false,
  queries: (subject) => [queryOf(subject)],
  properties(subject, facts) {
    const query = queryOf(subject)
    const of = (take: (fact: CertificateFact) => Answer<Actual>) => () => pick(facts, query, take)
    const now = Date.parse(facts.endedAt)
    const rest = given(subject, [
      ['days-left', of(({ notAfter }) => value(BigInt(Math.floor((Date.parse(notAfter) - now) / DAY_MS))))],
      ['subject', of(({ subject }) => value(subject))],
      ['issuer', of(({ issuer }) => value(issuer))],
      ['names', of(({ names }) => list(names))],
      ['serial', of(({ serial }) => value(serial))],
      ['sha256', of(({ sha256 }) => value(sha256))],
      ['protocol', of(({ protocol }) => value(protocol))],
      ['chain', of(({ chainError }) => value(chainError ?? 'verified'))],
    ])
    if (rest.length > 0 && !isGiven(subject, 'valid')) return rest
    const actual = of((fact) => value(isValid(fact, now)))
    return [{ name: 'valid', expected: attribute(subject, 'valid') ?? true, actual }, ...rest]
  },
}

function isValid({ chainError, notBefore, notAfter }: CertificateFact, now: number): boolean {
  return chainError === null && Date.parse(notBefore) <= now && now <= Date.parse(notAfter)
}

/** A key without `path` and `address` says which it is: `host:port` is an address, anything else a file. */
function queryOf(subject: Subject): QueryOf<'certificate'> {
  const { key } = subject.resource
  const path = text(subject, 'path')
  const address = text(subject, 'address') || (path === '' && /^[^/]+:\d+$/.test(key) ? key : '')
  return {
    kind: 'certificate',
    path: address === '' ? path || key : null,
    address: address || null,
    serverName: text(subject, 'server-name') || null,
    caFile: text(subject, 'ca-file') || null,
    timeoutMs: milliseconds(subject, 'timeout', 5000),
  }
}
