import { isCovered, may, type Grant, type Permission, type Principal } from '../../core/model/access.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { instantOf, type Instant } from '../../core/model/time.ts'
import { apiTokenOf, hashOf, newId, newSecret } from './secrets.ts'
import { appendEvent, demand, instantIn, wordFor, type AccessWorld } from './world.ts'

export type TokenAsked = {
  readonly name: string
  /** `self`: it acts as the person who makes it; `service`: as nobody. */
  readonly actsAs: 'self' | 'service'
  readonly grants: readonly Grant[]
  /** To cut it further; null: all that its roles hold. */
  readonly permissions: readonly Permission[] | null
  readonly days: number
}

/** The secret is shown this once; only its hash is kept. */
export type TokenMade = { readonly id: string; readonly token: string; readonly expiresAt: Instant; readonly ledgerIndex: number }

export const MAX_TOKEN_DAYS = 366
const DAY_MS = 86_400_000

/**
 * Makes an API token. One for oneself holds at most what one holds, at every moment. One for a service needs `token:manage` wherever it
 * reaches, and never decides: a decision is a person's. A token makes no tokens, because a stolen one would outlive its end.
 * @throws RunproofError `access.denied`, `request.invalid`
 */
export function makeToken(world: AccessWorld, by: Principal, asked: TokenAsked): TokenMade {
  if (by.kind !== 'person') throw new RunproofError('access.denied', 'only a person who is logged in makes tokens')
  if (!Number.isInteger(asked.days) || asked.days < 1 || asked.days > MAX_TOKEN_DAYS) {
    throw new RunproofError('request.invalid', `a token ends after 1 to ${MAX_TOKEN_DAYS} days`)
  }
  if (asked.grants.length === 0) throw new RunproofError('request.invalid', 'a token without a role can do nothing')
  if (asked.actsAs === 'self') demandOwn(by, asked)
  else demandService(by, asked)
  return insertToken(world, asked, { person: asked.actsAs === 'self' ? by.id : null, madeBy: wordFor(by) })
}

/** Without asking who makes it: the caller has. */
export function insertToken(
  { state, ledger, now }: AccessWorld,
  { name, grants, permissions, days }: Omit<TokenAsked, 'actsAs'>,
  { person, madeBy }: { readonly person: string | null; readonly madeBy: string },
): TokenMade {
  const [id, secret, createdAt] = [newId(), newSecret(), instantOf(now())]
  const expiresAt = instantIn({ now }, days * DAY_MS)
  const ledgerIndex = ledger.transaction((inside) => {
    const spec = { id, person, grants: grants.map((grant) => ({ ...grant })), permissions, expiresAt, by: madeBy }
    const index = appendEvent(inside, 'keyEvent', { act: 'token-made', at: createdAt, ...spec })
    const row = { id, hash: hashOf(secret), name, person, grants, permissions, madeBy, createdAt, expiresAt, ledgerIndex: index }
    state.insertToken(row)
    return index
  })
  return { id, token: apiTokenOf(id, secret), expiresAt, ledgerIndex }
}

/**
 * One's own, or with `token:manage` wherever it reaches. False when it was revoked before.
 * @throws RunproofError `access.denied`, `request.invalid` when there is no such token
 */
export function revokeToken({ state, ledger, now }: AccessWorld, by: Principal, id: string): boolean {
  const token = state.token(id)
  if (token === null) throw new RunproofError('request.invalid', `there is no token ${JSON.stringify(id)}`)
  const isOwn = token.person !== null && token.person === by.person?.id
  if (!isOwn) demand(by, 'token:manage', token.grants)
  if (token.revokedAt !== null) return false
  const at = instantOf(now())
  return ledger.transaction((inside) => {
    if (!state.revokeToken(id, at, wordFor(by))) return false
    appendEvent(inside, 'keyEvent', { act: 'token-revoked', at, id, by: wordFor(by) })
    return true
  })
}

function demandOwn(by: Principal, { grants }: TokenAsked): void {
  if (!isCovered(grants, by.grants)) throw new RunproofError('access.denied', 'a token holds at most what its person holds')
}

function demandService(by: Principal, { grants, permissions }: TokenAsked): void {
  demand(by, 'token:manage', grants)
  const asked = permissions ?? []
  if (grants.some(({ role }) => role === 'approver') || asked.includes('case:decide')) {
    throw new RunproofError('access.denied', 'a service does not decide: make a token for yourself instead')
  }
  const administers = grants.filter(({ role }) => role === 'admin')
  if (!administers.every((grant) => may(by, 'person:manage', grant))) {
    throw new RunproofError('access.denied', 'only who may make administrators makes a token for one')
  }
}
