/** What somebody may be asked to be allowed. docs/guides/access.md shows which role holds which. */
export const permissions = [
  'report:read',
  'ledger:read',
  'finding:read',
  'evidence:read',
  'case:read',
  'case:comment',
  'case:propose',
  'case:decide',
  'manifest:read',
  'manifest:publish',
  'sensor:read',
  'sensor:enrol',
  'key:enrol',
  'key:revoke',
  'token:manage',
  'person:manage',
  'access-log:read',
  'operate',
  'ingest:write',
] as const
export type Permission = (typeof permissions)[number]

/** What a person can be. */
export const personRoles = ['viewer', 'engineer', 'approver', 'auditor', 'customer', 'admin'] as const
/** `sensor` is for machines: it sends evidence and reads nothing. */
export const roles = [...personRoles, 'sensor'] as const
export type Role = (typeof roles)[number]

/** A role, limited to an application and an environment; `*` is any. */
export type Grant = { readonly role: Role; readonly application: string; readonly environment: string }

/** An application in an environment. */
export type AccessScope = { readonly application: string; readonly environment: string }

export type PersonName = {
  readonly id: string
  readonly issuer: string
  readonly subject: string
  readonly name: string
  readonly email: string | null
}

/** Who asks, as far as credentials showed it. A token of a person carries that person. */
export type Principal = {
  readonly kind: 'person' | 'token' | 'sensor'
  readonly id: string
  readonly name: string
  readonly grants: readonly Grant[]
  /** What a token is cut to; null: all that the roles hold. */
  readonly permissions: readonly Permission[] | null
  readonly person: PersonName | null
}

export const ANY = '*'

/**
 * Whether the principal holds the permission in this scope. `null` asks about no scope in particular: a permission that concerns the
 * service as a whole must then be held everywhere; any other one must be held somewhere, and what is shown or done is asked for again,
 * scope by scope.
 */
export function may(principal: Principal, permission: Permission, scope: AccessScope | null): boolean {
  if (principal.permissions !== null && !principal.permissions.includes(permission)) return false
  return principal.grants.some((grant) => rolePermissions[grant.role].has(permission) && reaches(grant, permission, scope))
}

/** What the principal may do at all, somewhere. */
export function permissionsOf({ grants, permissions: cut }: Principal): readonly Permission[] {
  return permissions.filter(
    (permission) => (cut?.includes(permission) ?? true) && grants.some(({ role }) => rolePermissions[role].has(permission)),
  )
}

/** What both lists allow: a token never holds more than its person does now. */
export function narrowed(wanted: readonly Grant[], held: readonly Grant[]): readonly Grant[] {
  return wanted.flatMap(({ role, ...asked }) =>
    held
      .filter((grant) => grant.role === role)
      .flatMap((grant) => {
        const application = common(asked.application, grant.application)
        const environment = common(asked.environment, grant.environment)
        return application === null || environment === null ? [] : [{ role, application, environment }]
      }),
  )
}

/** Whether everything that `wanted` gives is held already. */
export function isCovered(wanted: readonly Grant[], held: readonly Grant[]): boolean {
  return wanted.every((asked) => held.some((grant) => grant.role === asked.role && contains(grant, asked)))
}

const everybody = ['report:read', 'ledger:read'] as const
const insight = [...everybody, 'finding:read', 'case:read', 'manifest:read', 'sensor:read'] as const

/**
 * An administrator administers: neither evidence nor decisions are theirs unless somebody gives them that role too, which is in the
 * ledger. Nobody but a machine writes evidence.
 */
export const rolePermissions: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  viewer: new Set(insight),
  engineer: new Set([
    ...insight,
    'evidence:read',
    'case:comment',
    'case:propose',
    'manifest:publish',
    'sensor:enrol',
    'key:enrol',
  ]),
  approver: new Set([...insight, 'evidence:read', 'case:comment', 'case:propose', 'case:decide', 'key:enrol']),
  auditor: new Set([...insight, 'evidence:read', 'access-log:read']),
  customer: new Set(everybody),
  admin: new Set([
    ...insight,
    'sensor:enrol',
    'key:enrol',
    'key:revoke',
    'token:manage',
    'person:manage',
    'access-log:read',
    'operate',
  ]),
  sensor: new Set(['ingest:write']),
}

/** These speak about the service or about people, who are in no scope. */
const serviceWide: ReadonlySet<Permission> = new Set(['operate', 'person:manage', 'access-log:read', 'key:revoke'])

function reaches(grant: Grant, permission: Permission, scope: AccessScope | null): boolean {
  if (scope !== null) return contains(grant, scope)
  return !serviceWide.has(permission) || (grant.application === ANY && grant.environment === ANY)
}

/** `*` in what is asked for asks for every one: only `*` contains that. */
function contains(grant: AccessScope, asked: AccessScope): boolean {
  return covers(grant.application, asked.application) && covers(grant.environment, asked.environment)
}

function covers(granted: string, asked: string): boolean {
  return granted === ANY || granted === asked
}

function common(a: string, b: string): string | null {
  return a === ANY ? b : b === ANY || a === b ? a : null
}
