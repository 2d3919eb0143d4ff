import type { Grant } from '../../../core/model/access.ts'
import { RunproofError } from '../../../core/model/errors.ts'

/** An identity provider that people log in with (OpenID Connect, code flow). */
export type OidcSettings = {
  readonly issuer: string
  readonly clientId: string
  /** From a file; null: a public client. */
  readonly clientSecret: string | null
  readonly scopes: readonly string[]
  /** The claim with the groups of a person: a list of texts, or one text. */
  readonly groupsClaim: string
  /** What a group gives here. */
  readonly groups: readonly (Grant & { readonly group: string })[]
  /** People of these e-mail domains may come in before anybody gave them a role; empty: nobody may. */
  readonly emailDomains: readonly string[]
  /** Plain http to an issuer on this very machine, for tests and trials. */
  readonly allowInsecure: boolean
}

export const oidcDefaults = { scopes: ['openid', 'profile', 'email'], groupsClaim: 'groups', allowInsecure: false } as const

/**
 * The issuer's address.
 * @throws RunproofError `settings.invalid` unless it is https, or http on this machine where that is allowed
 */
export function issuerUrl({ issuer, allowInsecure }: Pick<OidcSettings, 'issuer' | 'allowInsecure'>): URL {
  const url = URL.canParse(issuer) ? new URL(issuer) : null
  if (url?.protocol === 'https:') return url
  if (url?.protocol === 'http:' && allowInsecure && loopback.has(url.hostname)) return url
  throw new RunproofError(
    'settings.invalid',
    `the issuer ${JSON.stringify(issuer)} is no https address (http is for an issuer on this machine alone, with allowInsecure)`,
  )
}

const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
