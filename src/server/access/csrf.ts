import { createHmac } from 'node:crypto'
import type { Caller } from './caller.ts'
import { isSameText } from '../../access/secrets.ts'

export const CSRF_HEADER = 'x-csrf-token'

/** The word that a page must send back with what it changes. It follows from the cookie, which no page can read, and from nothing else. */
export function csrfTokenOf(sessionSecret: string): string {
  return createHmac('sha256', sessionSecret).update('runproof/csrf/v1').digest('base64url')
}

/** Why a request that came with a cookie was not made by our own page, or null. */
export function crossSiteReason(caller: Caller, sessionSecret: string, ownOrigin: string): string | null {
  if (safeMethods.has(caller.method)) return null
  const foreign = foreignReason(caller, ownOrigin)
  if (foreign !== null) return foreign
  const sent = caller.headers[CSRF_HEADER]
  return typeof sent === 'string' && isSameText(sent, csrfTokenOf(sessionSecret))
    ? null
    : `the header ${CSRF_HEADER} is missing or wrong`
}

/** Why a request comes from another site, or null. Browsers name theirs with whatever changes something; other clients need not. */
export function foreignReason({ headers }: Caller, ownOrigin: string): string | null {
  const { origin } = headers
  if (origin !== undefined) return origin === ownOrigin ? null : 'the request comes from another origin'
  const site = headers['sec-fetch-site']
  return site === undefined || site === 'same-origin' || site === 'none' ? null : 'the request comes from another site'
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
