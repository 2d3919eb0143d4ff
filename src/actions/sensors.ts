import * as z from 'zod/mini'
import { orElse } from '../../core/proof/shape.ts'
import { ANY } from '../../core/model/access.ts'
import { enrolWorkload, inviteSensor, revokeSensor } from '../access/sensors.ts'
import { sensorKinds } from '../store/state/sensors.ts'
import { action } from './action.ts'
import { NameOrAny, text, whole } from './fields.ts'

const scope = { application: orElse(NameOrAny, ANY), environment: orElse(NameOrAny, ANY) }

/** Hands out a one-time token with which one sensor enrols itself, for this application and environment and no others. */
export const invite = action({
  name: 'invite-sensor',
  summary: 'a one-time token with which a sensor enrols itself',
  permission: 'sensor:enrol',
  method: 'POST',
  path: '/api/v1/sensors/invitations',
  command: ['sensor', 'invite'],
  input: z.strictObject({ ...scope, minutes: orElse(whole(1, 7 * 24 * 60), 60) }),
  output: z.object({ token: z.string(), expires_at: z.string() }),
  scopeOf: (asked) => asked,
  run({ access, principal }, { minutes, application, environment }) {
    const { token, expiresAt } = inviteSensor(access, principal, { scopes: [{ application, environment }], minutes })
    return { token, expires_at: expiresAt }
  },
})

/** A workload that shows an SVID counts as this sensor: it needs no secret of ours. */
export const enrol = action({
  name: 'enrol-workload',
  summary: 'let a workload send evidence by its SPIFFE identity',
  permission: 'sensor:enrol',
  method: 'POST',
  path: '/api/v1/sensors/workloads',
  command: ['sensor', 'enrol-workload'],
  input: z.strictObject({ ...scope, name: text(100), kind: orElse(z.enum(sensorKinds), 'auto'), spiffe_id: text(2048) }),
  output: z.object({ id: z.string(), ledger_index: z.int() }),
  scopeOf: (asked) => asked,
  run({ access, principal }, { name, kind, spiffe_id: spiffeId, application, environment }) {
    const scopes = [{ application, environment }]
    const { id, ledgerIndex } = enrolWorkload(access, principal, { name, kind, scopes, spiffeId })
    return { id, ledger_index: ledgerIndex }
  },
})

export const list = action({
  name: 'list-sensors',
  summary: 'enrolled senders of evidence',
  permission: 'sensor:read',
  method: 'GET',
  path: '/api/v1/sensors',
  command: ['sensor', 'list'],
  input: z.strictObject({}),
  output: z.object({
    sensors: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        kind: z.enum(sensorKinds),
        speaks_for: z.array(z.string()),
        identity: z.enum(['secret', 'key', 'spiffe']),
        enrolled_at: z.string(),
        revoked_at: z.nullable(z.string()),
      }),
    ),
  }),
  scopeOf: () => null,
  run({ access, isVisible }) {
    const seen = access.state.sensors().filter(({ scopes }) => scopes.some(isVisible))
    return {
      sensors: seen.map(({ id, name, kind, scopes, spki, spiffeId, enrolledAt, revokedAt }) => ({
        ...{ id, name, kind },
        speaks_for: scopes.map(({ application, environment }) => `${application}/${environment}`),
        identity: spiffeId !== null ? ('spiffe' as const) : spki !== null ? ('key' as const) : ('secret' as const),
        enrolled_at: enrolledAt,
        revoked_at: revokedAt,
      })),
    }
  },
})

/** Nothing that it sends is taken from now on; what it sent stays evidence. */
export const revoke = action({
  name: 'revoke-sensor',
  summary: 'take nothing from a sensor any more',
  permission: 'sensor:enrol',
  method: 'POST',
  path: '/api/v1/sensors/:id/revoke',
  command: ['sensor', 'revoke'],
  input: z.strictObject({ id: text(100) }),
  output: z.object({ id: z.string(), was_revoked_before: z.boolean() }),
  // Which scopes it speaks for is asked for where it is revoked.
  scopeOf: () => null,
  run: ({ access, principal }, { id }) => ({ id, was_revoked_before: !revokeSensor(access, principal, id) }),
})
