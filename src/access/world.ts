import { may, type AccessScope, type Permission, type Principal } from '../../core/model/access.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { instantOf, type Instant } from '../../core/model/time.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { eventEntry } from '../store/ledger/entries.ts'
import { guarded } from '../store/sqlite.ts'
import type { Ledger, LedgerTransaction } from '../store/ledger/ledger.ts'
import type { AccessState } from '../store/state/access-state.ts'
import type { AccessLog } from './access-log.ts'
import { newId } from './secrets.ts'

/** What access works with. Every change is made in the transaction of its ledger entry. */
export type AccessWorld = {
  readonly state: AccessState
  readonly ledger: Pick<Ledger, 'db' | 'transaction'>
  readonly log: AccessLog
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/**
 * What happened to somebody's right to come in: `keyEvent` for keys, tokens and sensors, `loginEvent` for people. Names of people stay
 * out, except in what they signed themselves: nothing can be taken out of the ledger again.
 */
export function appendEvent(
  { append }: LedgerTransaction,
  kind: 'keyEvent' | 'loginEvent',
  spec: { readonly act: string; readonly at: Instant } & { readonly [key: string]: JsonValue },
): number {
  const [appended] = append([eventEntry(kind, spec, `${kind}:${spec.act}:${newId()}`)])
  if (!appended) throw new Error('the ledger did not answer for the entry')
  return appended.index
}

/**
 * A change beside the ledger: a session, or when something was last used.
 * @throws RunproofError `store.full`, `store.busy`
 */
export function writing<T>({ ledger }: Pick<AccessWorld, 'ledger'>, work: () => T): T {
  return guarded(ledger.db.location() ?? 'the database', work)
}

/** `person:` and the id: how ledger, rows and access log name who acted. */
export function wordFor(principal: Principal | null): string {
  return principal === null ? 'nobody' : `${principal.kind}:${principal.id}`
}

/** @throws RunproofError `access.denied` unless all the scopes are theirs */
export function demand(principal: Principal, permission: Permission, scopes: readonly (AccessScope | null)[]): void {
  const refused = scopes.find((scope) => !may(principal, permission, scope))
  if (refused === undefined) return
  const where = refused === null ? 'the whole service' : `${refused.application}/${refused.environment}`
  throw new RunproofError('access.denied', `${principal.name} lacks the permission ${permission} for ${where}`)
}

/** The moment `ms` from now. */
export function instantIn({ now }: Pick<AccessWorld, 'now'>, ms: number): Instant {
  return instantOf(now() + ms)
}

/** Scopes as canonical JSON takes them. */
export function scopesJson(scopes: readonly AccessScope[]): JsonValue {
  return scopes.map(({ application, environment }) => ({ application, environment }))
}
