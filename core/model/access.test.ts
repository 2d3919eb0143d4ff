import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  isCovered,
  may,
  narrowed,
  permissions,
  permissionsOf,
  rolePermissions,
  roles,
  type Grant,
  type Principal,
} from './access.ts'

const somebody = (grants: readonly Grant[], cut: Principal['permissions'] = null): Principal => ({
  kind: 'token',
  id: 'a',
  name: 'a',
  grants,
  permissions: cut,
  person: null,
})

const name = fc.constantFrom('payments', 'shop', 'search')
const place = fc.constantFrom('prod', 'test')
const grant: fc.Arbitrary<Grant> = fc.record({
  role: fc.constantFrom(...roles),
  application: fc.oneof(name, fc.constant('*')),
  environment: fc.oneof(place, fc.constant('*')),
})
const scope = fc.record({ application: name, environment: place })
const permission = fc.constantFrom(...permissions)

test('nobody ever holds a permission for a scope outside their grants', () => {
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 4 }), permission, scope, (grants, wanted, where) => {
      const reaching = grants.filter(
        ({ application, environment }) =>
          ['*', where.application].includes(application) && ['*', where.environment].includes(environment),
      )
      assert.equal(
        may(somebody(grants), wanted, where),
        reaching.some(({ role }) => rolePermissions[role].has(wanted)),
      )
    }),
  )
})

test('a cut only takes away', () => {
  fc.assert(
    fc.property(
      fc.array(grant, { maxLength: 4 }),
      fc.subarray([...permissions]),
      permission,
      scope,
      (grants, cut, wanted, where) => {
        const isAllowed = may(somebody(grants, cut), wanted, where)
        assert.equal(isAllowed, cut.includes(wanted) && may(somebody(grants), wanted, where))
        if (isAllowed) assert.ok(permissionsOf(somebody(grants, cut)).includes(wanted))
      },
    ),
  )
})

test('what is narrowed is held by both sides and by nobody else', () => {
  const lists = fc.array(grant, { maxLength: 4 })
  fc.assert(
    fc.property(lists, lists, permission, scope, (wanted, held, asked, where) => {
      const both = narrowed(wanted, held)
      const isHeld = roles.some((role) => {
        const of = (grants: readonly Grant[]): Principal => somebody(grants.filter((grant) => grant.role === role))
        return may(of(wanted), asked, where) && may(of(held), asked, where)
      })
      assert.equal(may(somebody(both), asked, where), isHeld)
      assert.ok(isCovered(both, held))
      assert.ok(isCovered(both, wanted))
      if (isCovered(wanted, held)) assert.equal(may(somebody(both), asked, where), may(somebody(wanted), asked, where))
    }),
  )
})

test('what concerns the service as a whole needs a grant for everything; a list needs one somewhere', () => {
  const local = { application: 'payments', environment: 'prod' }
  assert.ok(may(somebody([{ role: 'admin', application: '*', environment: '*' }]), 'operate', null))
  assert.ok(!may(somebody([{ role: 'admin', ...local }]), 'operate', null))
  assert.ok(!may(somebody([{ role: 'admin', application: '*', environment: 'prod' }]), 'person:manage', null))
  assert.ok(may(somebody([{ role: 'admin', ...local }]), 'person:manage', local))
  assert.ok(may(somebody([{ role: 'viewer', ...local }]), 'report:read', null))
  assert.ok(!may(somebody([]), 'report:read', null))
})

test('asking for every application is answered by a grant for every application alone', () => {
  assert.ok(
    !may(somebody([{ role: 'admin', application: 'payments', environment: '*' }]), 'sensor:enrol', {
      application: '*',
      environment: 'prod',
    }),
  )
  assert.ok(
    may(somebody([{ role: 'admin', application: '*', environment: '*' }]), 'sensor:enrol', {
      application: '*',
      environment: 'prod',
    }),
  )
})

test('an administrator neither decides nor reads evidence, a person never writes it', () => {
  assert.ok(!rolePermissions.admin.has('case:decide'))
  assert.ok(!rolePermissions.admin.has('evidence:read'))
  assert.deepEqual(
    roles.filter((role) => rolePermissions[role].has('ingest:write')),
    ['sensor'],
  )
  assert.deepEqual([...rolePermissions.sensor], ['ingest:write'])
})

test('docs/guides/access.md shows the table of roles as it is', () => {
  const guide = readFileSync(new URL('../../docs/guides/access.md', import.meta.url), 'utf8')
  const rows = permissions.map(
    (wanted) => `| \`${wanted}\` | ${roles.map((role) => (rolePermissions[role].has(wanted) ? 'yes' : '')).join(' | ')} |`,
  )
  assert.deepEqual(
    rows.filter((row) => !guide.includes(row)),
    [],
  )
})
