import * as z from 'zod/mini'
import { orElse } from '../../core/proof/shape.ts'
import { personRoles } from '../../core/model/access.ts'
import { invitePerson } from '../access/bootstrap.ts'
import { giveRole, letIn, shutOut, takeRole } from '../access/people.ts'
import { grantsNow } from '../access/principals.ts'
import { action } from './action.ts'
import { NameOrAny, page, text } from './fields.ts'

const grant = {
  role: z.enum(personRoles),
  application: orElse(NameOrAny, '*'),
  environment: orElse(NameOrAny, '*'),
}
const Changed = z.object({ person: z.string(), changed: z.boolean() })

export const list = action({
  name: 'list-people',
  summary: 'people, and what they may be',
  permission: 'person:manage',
  method: 'GET',
  path: '/api/v1/people',
  command: ['person', 'list'],
  input: z.strictObject({}),
  output: z.object({
    people: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        email: z.nullable(z.string()),
        issuer: z.string(),
        roles: z.array(z.string()),
        shut_out_at: z.nullable(z.string()),
      }),
    ),
  }),
  scopeOf: () => null,
  run: ({ access: { state } }) => ({
    people: state.people().map(({ id, name, email, issuer, disabledAt }) => ({
      ...{ id, name, email, issuer },
      roles: grantsNow(state, id).map(({ role, application, environment }) => `${role} of ${application}/${environment}`),
      shut_out_at: disabledAt,
    })),
  }),
})

/** A one-time link for somebody who has no identity provider. */
export const invite = action({
  name: 'invite-person',
  summary: 'a one-time link that lets somebody in with a role',
  permission: 'person:manage',
  method: 'POST',
  path: '/api/v1/people/invitations',
  command: ['person', 'invite'],
  input: z.strictObject(grant),
  output: z.object({ url: z.string(), expires_at: z.string() }),
  scopeOf: (asked) => asked,
  run({ access, principal, publicUrl }, asked) {
    const { url, expiresAt } = invitePerson(access, principal, publicUrl(), [asked])
    return { url, expires_at: expiresAt }
  },
})

export const give = action({
  name: 'give-role',
  summary: 'give a person a role',
  permission: 'person:manage',
  method: 'POST',
  path: '/api/v1/people/:person/roles',
  command: ['person', 'give-role'],
  input: z.strictObject({ person: text(100), ...grant }),
  output: Changed,
  scopeOf: (asked) => asked,
  run: ({ access, principal }, { person, ...asked }) => ({ person, changed: giveRole(access, principal, person, asked) }),
})

export const take = action({
  name: 'take-role',
  summary: 'take away a role that an administrator gave',
  permission: 'person:manage',
  method: 'POST',
  path: '/api/v1/people/:person/roles/take',
  command: ['person', 'take-role'],
  input: z.strictObject({ person: text(100), ...grant }),
  output: Changed,
  scopeOf: (asked) => asked,
  run: ({ access, principal }, { person, ...asked }) => ({ person, changed: takeRole(access, principal, person, asked) }),
})

/** Or lets them in again. */
export const shut = action({
  name: 'shut-out',
  summary: 'let nothing of a person in any more: no session, no token, no login; or, with --again, let them in again',
  permission: 'person:manage',
  method: 'POST',
  path: '/api/v1/people/:person/shut-out',
  command: ['person', 'shut-out'],
  input: z.strictObject({ person: text(100), again: orElse(z.boolean(), false) }),
  output: Changed,
  scopeOf: () => null,
  run({ access, principal }, { person, again }) {
    if (again) letIn(access, principal, person)
    else shutOut(access, principal, person)
    return { person, changed: true }
  },
})

/** Who did what: evidence that was looked at, changes, refusals. */
export const log = action({
  name: 'list-access',
  summary: 'who looked at evidence, who changed what, who was refused; newest first',
  permission: 'access-log:read',
  method: 'GET',
  path: '/api/v1/access-log',
  command: ['access-log', 'list'],
  input: z.strictObject({ who: z.optional(text(200)), ...page }),
  output: z.object({
    entries: z.array(
      z.object({
        id: z.int(),
        at: z.string(),
        who: z.string(),
        action: z.string(),
        what: z.string(),
        outcome: z.string(),
        address: z.string(),
      }),
    ),
    next: z.nullable(z.int()),
  }),
  scopeOf: () => null,
  run({ access }, { who, before, limit }) {
    // What is waiting to be written is part of the truth.
    access.log.flush()
    const entries = access.state.accesses({ who: who ?? null, before: before ?? null, limit })
    return { entries: entries.map((entry) => ({ ...entry })), next: entries.length < limit ? null : (entries.at(-1)?.id ?? null) }
  },
})
