import * as z from 'zod/mini'
import { orElse } from '../../core/proof/shape.ts'
import { may, permissions, personRoles } from '../../core/model/access.ts'
import { makeToken, MAX_TOKEN_DAYS, revokeToken } from '../access/tokens.ts'
import { action } from './action.ts'
import { NameOrAny, text, whole } from './fields.ts'

const Grant = z.strictObject({
  role: z.enum([...personRoles, 'sensor']),
  application: orElse(NameOrAny, '*'),
  environment: orElse(NameOrAny, '*'),
})

/** The secret is in the answer, this once. */
export const create = action({
  name: 'create-token',
  summary: 'make an API token, for oneself or for a service',
  permission: 'report:read',
  method: 'POST',
  path: '/api/v1/tokens',
  command: ['token', 'create'],
  input: z.strictObject({
    name: text(200),
    acts_as: orElse(z.enum(['self', 'service']), 'self'),
    grants: z.array(Grant).check(z.minLength(1), z.maxLength(50)),
    permissions: z.optional(z.array(z.enum(permissions)).check(z.maxLength(permissions.length))),
    days: orElse(whole(1, MAX_TOKEN_DAYS), 30),
  }),
  output: z.object({ id: z.string(), token: z.string(), expires_at: z.string(), ledger_index: z.int() }),
  // What it may reach is compared with what its maker holds, grant by grant.
  scopeOf: () => null,
  run({ access, principal }, { name, acts_as: actsAs, grants, permissions = null, days }) {
    const { id, token, expiresAt, ledgerIndex } = makeToken(access, principal, { name, actsAs, grants, permissions, days })
    return { id, token, expires_at: expiresAt, ledger_index: ledgerIndex }
  },
})

/** One's own; with `token:manage` everybody's. */
export const list = action({
  name: 'list-tokens',
  summary: 'API tokens: one’s own, and with token:manage everybody’s',
  permission: 'report:read',
  method: 'GET',
  path: '/api/v1/tokens',
  command: ['token', 'list'],
  input: z.strictObject({}),
  output: z.object({
    tokens: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        acts_as: z.string(),
        roles: z.array(z.string()),
        created_at: z.string(),
        expires_at: z.string(),
        revoked_at: z.nullable(z.string()),
        last_used: z.nullable(z.string()),
      }),
    ),
  }),
  scopeOf: () => null,
  run({ access, principal }) {
    const isShown = (person: string | null, grants: readonly { readonly application: string; readonly environment: string }[]) =>
      (person !== null && person === principal.person?.id) || grants.every((grant) => may(principal, 'token:manage', grant))
    return {
      tokens: access.state
        .tokens()
        .filter(({ person, grants }) => isShown(person, grants))
        .map(({ id, name, person, grants, createdAt, expiresAt, revokedAt, lastUsedDay }) => ({
          ...{ id, name },
          acts_as: person === null ? 'service' : `person:${person}`,
          roles: grants.map(({ role, application, environment }) => `${role} of ${application}/${environment}`),
          created_at: createdAt,
          expires_at: expiresAt,
          revoked_at: revokedAt,
          last_used: lastUsedDay,
        })),
    }
  },
})

export const revoke = action({
  name: 'revoke-token',
  summary: 'end an API token now',
  permission: 'report:read',
  method: 'POST',
  path: '/api/v1/tokens/:id/revoke',
  command: ['token', 'revoke'],
  input: z.strictObject({ id: text(100) }),
  output: z.object({ id: z.string(), was_revoked_before: z.boolean() }),
  scopeOf: () => null,
  run: ({ access, principal }, { id }) => ({ id, was_revoked_before: !revokeToken(access, principal, id) }),
})
