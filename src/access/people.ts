import type { Grant, Principal } from '../../core/model/access.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { instantOf } from '../../core/model/time.ts'
import type { LedgerTransaction } from '../store/ledger/ledger.ts'
import type { GrantRow, PersonRow } from '../store/state/people.ts'
import { grantsNow } from './principals.ts'
import { newId } from './secrets.ts'
import { appendEvent, demand, wordFor, type AccessWorld } from './world.ts'

/** What an identity provider vouched for, and what its groups give here. */
export type Arrival = {
  readonly issuer: string
  readonly subject: string
  readonly name: string
  readonly email: string | null
  readonly grants: readonly Grant[]
  /** Whether somebody whom nobody gave a role may come in all the same. */
  readonly isWelcome: boolean
}

/**
 * Remembers who came in. Roles that come from groups are those of this login; what an administrator gave stays. Who holds what is in
 * the ledger whenever it changes.
 * @throws RunproofError `access.denied` for somebody who was shut out, or whom nobody gave a role
 */
export function arrive(world: AccessWorld, arrival: Arrival): PersonRow {
  const { state, ledger } = world
  const known = state.personNamed(arrival.issuer, arrival.subject)
  if (known !== null && known.disabledAt !== null)
    throw new RunproofError('access.denied', 'you were shut out; ask an administrator')
  const hasGiven = known !== null && state.grantsOf(known.id).some(({ origin }) => origin === 'given')
  if (arrival.grants.length === 0 && !hasGiven && !arrival.isWelcome) {
    throw new RunproofError('access.denied', 'nobody has given you a role here yet; ask an administrator')
  }
  return ledger.transaction((inside) => {
    const id = known?.id ?? insertPerson(world, arrival)
    const before = words(grantsNow(state, id))
    if (known !== null) state.renamePerson({ id, name: arrival.name, email: arrival.email })
    replaceLoginGrants(world, id, arrival.grants)
    if (known === null || before !== words(grantsNow(state, id))) logGrants(world, inside, id, 'login')
    return present(world, id)
  })
}

/** @throws RunproofError `access.denied` without `person:manage` there, `request.invalid`. False when they held it already. */
export function giveRole(world: AccessWorld, by: Principal, person: string, grant: Grant): boolean {
  const { state, ledger, now } = world
  demand(by, 'person:manage', [grant])
  if (grant.role === 'sensor') throw new RunproofError('request.invalid', 'a person is no sensor')
  present(world, person)
  return ledger.transaction((inside) => {
    const row: GrantRow = { ...grant, origin: 'given', grantedAt: instantOf(now()), grantedBy: wordFor(by) }
    if (!state.insertGrant(person, row)) return false
    logGrants(world, inside, person, wordFor(by))
    return true
  })
}

/** Takes away what an administrator gave. @throws as {@link giveRole}. False when they did not hold it from an administrator. */
export function takeRole(world: AccessWorld, by: Principal, person: string, grant: Grant): boolean {
  const { state, ledger } = world
  demand(by, 'person:manage', [grant])
  present(world, person)
  return ledger.transaction((inside) => {
    if (!state.deleteGrant(person, grant, 'given')) return false
    logGrants(world, inside, person, wordFor(by))
    return true
  })
}

/** Nothing of theirs lets them in from now on: no session, no token, no login. @throws as {@link giveRole} */
export function shutOut(world: AccessWorld, by: Principal, person: string): void {
  const { state, ledger, now } = world
  demand(by, 'person:manage', [null])
  present(world, person)
  const at = instantOf(now())
  ledger.transaction((inside) => {
    state.disablePerson(person, at)
    state.deleteSessionsOf(person)
    appendEvent(inside, 'loginEvent', { act: 'shut-out', at, person, by: wordFor(by) })
  })
}

/** Lets somebody in again who was shut out. @throws as {@link giveRole} */
export function letIn(world: AccessWorld, by: Principal, person: string): void {
  const { state, ledger, now } = world
  demand(by, 'person:manage', [null])
  present(world, person)
  const at = instantOf(now())
  ledger.transaction((inside) => {
    state.disablePerson(person, null)
    appendEvent(inside, 'loginEvent', { act: 'let-in', at, person, by: wordFor(by) })
  })
}

/** Inside a transaction. */
export function insertPerson(
  { state, now }: AccessWorld,
  person: Pick<Arrival, 'issuer' | 'subject' | 'name' | 'email'>,
): string {
  const id = newId()
  const { issuer, subject, name, email } = person
  state.insertPerson({ id, issuer, subject, name, email, createdAt: instantOf(now()) })
  return id
}

/** Says in the ledger what a person holds from now on. Inside a transaction. */
export function logGrants({ state, now }: AccessWorld, inside: LedgerTransaction, person: string, by: string): void {
  const grants = grantsNow(state, person).map((grant) => ({ ...grant }))
  appendEvent(inside, 'loginEvent', { act: 'roles', at: instantOf(now()), person, grants, by })
}

function replaceLoginGrants({ state, now }: AccessWorld, person: string, grants: readonly Grant[]): void {
  for (const row of state.grantsOf(person)) if (row.origin === 'login') state.deleteGrant(person, row, 'login')
  const row = { origin: 'login', grantedAt: instantOf(now()), grantedBy: 'login' } as const
  for (const grant of grants) state.insertGrant(person, { ...grant, ...row })
}

function present({ state }: AccessWorld, id: string): PersonRow {
  const person = state.person(id)
  if (person === null) throw new RunproofError('request.invalid', `there is no person ${JSON.stringify(id)}`)
  return person
}

function words(grants: readonly Grant[]): string {
  return grants
    .map((grant) => JSON.stringify(grant))
    .sort()
    .join('\n')
}
