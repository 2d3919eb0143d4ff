import type { Grant, Principal } from '../../core/model/access.ts'
import { ANY } from '../../core/model/access.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { instantOf, type Instant } from '../../core/model/time.ts'
import { LOCAL_ISSUER, type PersonRow } from '../store/state/people.ts'
import { insertPerson, logGrants } from './people.ts'
import { forms, hashOf, newOneTimeToken } from './secrets.ts'
import { appendEvent, demand, instantIn, type AccessWorld, wordFor } from './world.ts'

export type Link = { readonly token: string; readonly url: string; readonly expiresAt: Instant }

/**
 * Who comes first is everything, because there is nobody else yet. Each of the roles can be taken away again; an administrator alone
 * could neither publish nor decide.
 */
export const firstGrants: readonly Grant[] = (['admin', 'engineer', 'approver'] as const).map((role) => ({
  role,
  application: ANY,
  environment: ANY,
}))

const LINK_MS = 30 * 60_000
/** Of several first starts without anybody coming in, one link counts: the one that is used first. */
const FIRST_START = 'first start'

/** The link for the first person of an empty service; null once there is somebody. There is no default password, ever. */
export function firstLink(world: AccessWorld, publicUrl: string): Link | null {
  if (world.state.people().length > 0) return null
  return ownersLink(world, publicUrl, { madeBy: FIRST_START, person: null })
}

/**
 * For whoever holds the data folder: a new administrator, or a way back in for a local person whose session ended. Made by the service
 * itself or by `runproof access link`, never over the network.
 * @throws RunproofError `request.invalid` when the person is unknown, shut out, or comes in by an identity provider
 */
export function ownersLink(
  world: AccessWorld,
  publicUrl: string,
  { madeBy, person }: { readonly madeBy: string; readonly person: string | null },
): Link {
  if (person !== null) returning(world, person)
  return makeLink(world, publicUrl, { madeBy, person, grants: person === null ? firstGrants : [] })
}

/** An administrator lets somebody in who has no identity provider. @throws RunproofError `access.denied`, `request.invalid` */
export function invitePerson(world: AccessWorld, by: Principal, publicUrl: string, grants: readonly Grant[]): Link {
  demand(by, 'person:manage', grants)
  if (grants.length === 0) throw new RunproofError('request.invalid', 'give the new person at least one role')
  if (grants.some(({ role }) => role === 'sensor')) throw new RunproofError('request.invalid', 'a person is no sensor')
  return makeLink(world, publicUrl, { madeBy: wordFor(by), person: null, grants })
}

/**
 * Uses a link up: a new local person, or the one that it was made for.
 * @throws RunproofError `access.unauthenticated` for one that is unknown, used or over; which, is not said
 */
export function useLink(world: AccessWorld, token: string, name: string): PersonRow {
  const { state, ledger, now } = world
  const link = forms.oneTime.test(token) ? state.enrolment(hashOf(token)) : null
  const { gives } = link ?? { gives: null }
  if (link === null || gives?.what !== 'person') throw linkRefused()
  if (link.madeBy === FIRST_START && state.people().length > 0) throw linkRefused()
  const at = instantOf(now())
  const id = ledger.transaction((inside) => {
    if (!state.useEnrolment(link.hash, at)) throw linkRefused()
    if (gives.person !== null) {
      appendEvent(inside, 'loginEvent', { act: 'link-used', at, person: gives.person })
      return gives.person
    }
    if (name.trim() === '') throw new RunproofError('request.invalid', 'say your name: it stands beside what you decide')
    const person = insertPerson(world, { issuer: LOCAL_ISSUER, subject: newSubject(link.hash), name: name.trim(), email: null })
    for (const grant of gives.grants) {
      state.insertGrant(person, { ...grant, origin: 'given', grantedAt: at, grantedBy: link.madeBy })
    }
    logGrants(world, inside, person, link.madeBy)
    return person
  })
  const person = state.person(id)
  if (person === null || person.disabledAt !== null) throw linkRefused()
  return person
}

type LinkAsked = { readonly madeBy: string; readonly person: string | null; readonly grants: readonly Grant[] }

function makeLink({ state, ledger, now }: AccessWorld, publicUrl: string, { madeBy, person, grants }: LinkAsked): Link {
  const [token, createdAt, expiresAt] = [newOneTimeToken(), instantOf(now()), instantIn({ now }, LINK_MS)]
  ledger.transaction((inside) => {
    state.insertEnrolment({ hash: hashOf(token), gives: { what: 'person', grants, person }, madeBy, createdAt, expiresAt })
    const spec = { person, grants: grants.map((grant) => ({ ...grant })), expiresAt, by: madeBy }
    appendEvent(inside, 'loginEvent', { act: 'link-made', at: createdAt, ...spec })
  })
  return { token, expiresAt, url: new URL(`/login/link/${token}`, publicUrl).href }
}

function returning({ state }: AccessWorld, id: string): void {
  const person = state.person(id)
  if (person === null || person.disabledAt !== null)
    throw new RunproofError('request.invalid', `there is nobody with the id ${JSON.stringify(id)} who may come in`)
  if (person.issuer !== LOCAL_ISSUER) throw new RunproofError('request.invalid', `${person.name} comes in by ${person.issuer}`)
}

/** Local people are nobody's but ours to name: by the link that brought them. */
function newSubject(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex').slice(0, 32)
}

function linkRefused(): RunproofError {
  return new RunproofError(
    'access.unauthenticated',
    'this link does not hold: it is unknown, used or over; make a new one with runproof access link',
  )
}
