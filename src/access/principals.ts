import { narrowed, type Grant, type Principal } from '../../core/model/access.ts'
import type { AccessState } from '../store/state/access-state.ts'
import type { PersonRow } from '../store/state/people.ts'
import type { SensorRow } from '../store/state/sensors.ts'
import type { TokenRow } from '../store/state/tokens.ts'

export function personPrincipal(state: AccessState, person: PersonRow): Principal {
  const { id, issuer, subject, name, email } = person
  return {
    kind: 'person',
    id,
    name,
    grants: grantsNow(state, id),
    permissions: null,
    person: { id, issuer, subject, name, email },
  }
}

/** Null when it belongs to somebody who may no longer come in. */
export function tokenPrincipal(state: AccessState, token: TokenRow): Principal | null {
  const { id, name, permissions } = token
  if (token.person === null) return { kind: 'token', id, name, grants: token.grants, permissions, person: null }
  const person = state.person(token.person)
  if (person === null || person.disabledAt !== null) return null
  const grants = narrowed(token.grants, grantsNow(state, person.id))
  const { issuer, subject, email } = person
  return {
    kind: 'token',
    id,
    name: person.name,
    grants,
    permissions,
    person: { id: person.id, issuer, subject, name: person.name, email },
  }
}

export function sensorPrincipal({ id, name, scopes }: SensorRow): Principal {
  const grants = scopes.map((scope): Grant => ({ role: 'sensor', ...scope }))
  return { kind: 'sensor', id, name, grants, permissions: null, person: null }
}

/** Given and from the groups, each once. */
export function grantsNow(state: AccessState, person: string): readonly Grant[] {
  const grants = state.grantsOf(person).map(({ role, application, environment }): Grant => ({ role, application, environment }))
  return [...new Map(grants.map((grant) => [Object.values(grant).join('\n'), grant])).values()]
}
