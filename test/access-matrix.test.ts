import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { permissions, rolePermissions, type AccessScope, type Grant, type Permission, type Role } from '../core/model/access.ts'
import { actions } from '../src/actions/registry.ts'
import { reportFormats } from '../src/service/handover.ts'
import { requestOf, variantsOf, type Known } from './access-matrix-inputs.ts'
import { seeded } from './secrets.ts'
import { elsewhere, here, manifestText, matrixWorld, nobody, type Asker, type MatrixWorld } from './access-matrix-world.ts'

/** Every route × everybody who can ask. What is expected is written out here, not read from the code that decides. */

const insight = ['report:read', 'ledger:read', 'finding:read', 'case:read', 'manifest:read', 'sensor:read'] as const
const held: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: insight,
  engineer: [...insight, 'evidence:read', 'case:comment', 'case:propose', 'manifest:publish', 'sensor:enrol', 'key:enrol'],
  approver: [...insight, 'evidence:read', 'case:comment', 'case:propose', 'case:decide', 'key:enrol'],
  auditor: [...insight, 'evidence:read', 'access-log:read'],
  customer: ['report:read', 'ledger:read'],
  admin: [
    ...insight,
    ...(['sensor:enrol', 'key:enrol', 'key:revoke', 'token:manage', 'person:manage', 'access-log:read', 'operate'] as const),
  ],
  sensor: ['ingest:write'],
}
/** Of nobody's application: without naming one they take a role for everything. */
const serviceWide: ReadonlySet<Permission> = new Set(['operate', 'person:manage', 'access-log:read', 'key:revoke'])

/** Which acts a permission opens. A new act is named here, so that somebody has thought about who may do it. */
const opens: Partial<Readonly<Record<Permission, readonly string[]>>> = {
  'report:read': ['list-windows', 'list-reports', 'create-token', 'list-tokens', 'revoke-token'],
  'ledger:read': ['get-trust'],
  'finding:read': ['get-overview', 'search-findings'],
  'manifest:read': ['list-manifests'],
  'manifest:publish': ['publish-manifest'],
  'sensor:read': ['list-sensors'],
  'sensor:enrol': ['invite-sensor', 'enrol-workload', 'revoke-sensor'],
  'person:manage': ['list-people', 'invite-person', 'give-role', 'take-role', 'shut-out'],
  'access-log:read': ['list-access'],
  'case:read': ['list-cases', 'show-case', 'list-waivers'],
  'case:comment': ['assign-case', 'comment-case'],
  'case:propose': ['propose-waiver'],
  'case:decide': ['draft-decision', 'decide-case', 'draft-revocation', 'revoke-waiver'],
  'key:enrol': ['draft-key-enrolment', 'enrol-key', 'list-keys', 'revoke-key'],
}
/** A program that speaks for nobody may not, whatever it holds. */
const peopleOnly = new Set([
  ...['create-token', 'assign-case', 'comment-case', 'propose-waiver', 'decide-case', 'draft-decision', 'revoke-waiver'],
  ...['draft-key-enrolment', 'enrol-key'],
])

const scopes: readonly AccessScope[] = [here, elsewhere]
const limits: readonly (readonly [string, AccessScope])[] = [
  ['here', here],
  ['elsewhere', elsewhere],
  ['everywhere', { application: '*', environment: '*' }],
]

let world: MatrixWorld
let known: Known
const askers: Asker[] = []

before(async () => {
  world = await matrixWorld()
  const cases = new Map<string, number>(scopes.map((scope) => [scope.application, world.caseOf(scope)]))
  const waivers = new Map<string, string>([
    [here.application, await world.waive(here)],
    [elsewhere.application, await world.waive(elsewhere)],
  ])
  known = {
    scopes,
    caseOf: ({ application }) => cases.get(application) ?? 0,
    waiverOf: ({ application }) => waivers.get(application) ?? '',
    manifestOf: ({ application }) => manifestText(application, '2.0.0', world.keys.owner),
  }
  for (const [where, scope] of limits) {
    for (const role of Object.keys(held) as Role[]) {
      const name = `${role} ${where}`
      if (role === 'sensor') askers.push(await world.sensor(`sensor-${where}`, scope))
      else askers.push(await world.person(name, [{ role, ...scope }]))
      askers.push(world.token(`service ${name}`, [{ role, ...scope }]))
    }
    askers.push(world.token(`reader ${where}`, [{ role: 'auditor', ...scope }], ['report:read', 'case:read']))
    askers.push(world.token(`searcher ${where}`, [{ role: 'engineer', ...scope }], ['finding:read']))
  }
  const mixed: readonly Grant[] = [
    { role: 'viewer', ...here },
    { role: 'customer', ...elsewhere },
  ]
  askers.push(await world.person('viewer here and customer elsewhere', mixed))
})

after(() => world.end())

test('each role holds what is written out here, and nothing else', () => {
  for (const [role, expected] of Object.entries(held))
    assert.deepEqual([...rolePermissions[role as Role]].sort(), [...expected].sort(), role)
  assert.equal(Object.keys(held).length, Object.keys(rolePermissions).length)
})

test('each act asks for the permission that is written out here', () => {
  const asked = permissions.flatMap((permission) => (opens[permission] ?? []).map((name) => `${name}: ${permission}`))
  assert.deepEqual(actions.map(({ name, permission }) => `${name}: ${permission}`).sort(), [...asked].sort())
})

for (const action of actions) {
  test(`${action.name}: who may, and who is refused`, async () => {
    const wrong: string[] = []
    for (const { input, scope, isHidden } of variantsOf(action, known)) {
      const bare = requestOf(action, input)
      assert.equal((await world.ask(nobody, action.method, bare.url, bare)).status, 401, 'nobody')
      const answers = askers.map(async (asker) => {
        // Whoever makes a token asks for what they have.
        const own = action.name === 'create-token' ? { ...input, grants: [...asker.grants] } : input
        const request = requestOf(action, own)
        return { asker, ...(await world.ask(asker, action.method, request.url, request)) }
      })
      for (const { asker, status, text } of await Promise.all(answers)) {
        const isOpen = holds(asker, action.permission, scope) && !(asker.kind === 'token' && peopleOnly.has(action.name))
        const isUnknown = isHidden && !holds(asker, 'case:read', scope)
        const isRight = isUnknown ? status === 404 : isOpen ? isServed(status) : status === 403
        const where = scope === null ? 'no application' : scope.application
        if (!isRight) wrong.push(`${asker.name} about ${where}: ${status} ${text.slice(0, 200)}`)
        if (showsOthers(asker, action.permission, scope, text))
          wrong.push(`${asker.name} about ${where} sees another application: ${text}`)
      }
    }
    assert.deepEqual(wrong, [])
  })
}

for (const format of reportFormats) {
  test(`a report as ${format}: who may, and who is refused`, async () => {
    const permission = format === 'audit' ? 'evidence:read' : 'report:read'
    const wrong: string[] = []
    for (const scope of scopes) {
      const row = world.reportOf(scope)
      const ways = [`digest=${row?.digest}`, `window_id=${encodeURIComponent(row?.windowId ?? '')}`]
      for (const query of format === 'bundle' ? ways : ways.slice(0, 1)) {
        const path = `/api/v1/runtime/assurance/report?${query}&format=${format}`
        assert.equal((await world.ask(nobody, 'GET', path)).status, 401)
        const answers = askersOf(format, scope).map(async (asker) => ({ asker, ...(await world.ask(asker, 'GET', path)) }))
        for (const { asker, status, text } of await Promise.all(answers)) {
          const isOpen = holds(asker, permission, scope)
          if (status !== (isOpen ? 200 : 403)) wrong.push(`${asker.name} about ${scope.application}: ${status}`)
          if (showsOthers(asker, permission, scope, text)) wrong.push(`${asker.name} sees another application`)
        }
      }
    }
    assert.deepEqual(wrong, [])
  })
}

test('the doors for evidence take it from sensors alone', async () => {
  const event = JSON.stringify({ note: 'nothing that a sensor says' })
  const doors = [
    ['POST', '/ingest/falco', event, 200],
    ['PUT', '/ingest/auto', event, 200],
    ['POST', '/api/v1/runtime/findings/ingest', JSON.stringify({ sensor: 'falco', findings: [] }), 200],
    // Without its signed header no batch is one.
    ['POST', '/api/v1/batches', event, 400],
  ] as const
  const wrong: string[] = []
  for (const [method, path, body, expected] of doors) {
    assert.equal((await world.ask(nobody, method, path, { body })).status, 401, path)
    for (const asker of askers) {
      const { status } = await world.ask(asker, method, path, { body })
      const isOpen = holds(asker, 'ingest:write', null)
      if (status !== (isOpen ? expected : 403)) wrong.push(`${asker.name} ${path}: ${status}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('what machines ask that watch the service is open, and shows applications only to who may read their reports', async () => {
  for (const path of ['/livez', '/readyz', '/openapi.json', '/metrics']) {
    for (const asker of [nobody, ...askers]) {
      const { status, text } = await world.ask(asker, 'GET', path)
      assert.equal(status, 200, `${asker.name} ${path}`)
      for (const { application, environment } of scopes) {
        const isShown = path === '/metrics' && holds(asker, 'report:read', { application, environment })
        assert.equal(text.includes(application), isShown, `${asker.name} ${path} ${application}`)
      }
    }
  }
})

test('a session is for people who came in, and logging out ends it', async () => {
  for (const asker of [nobody, ...askers]) {
    const { status } = await world.ask(asker, 'GET', '/session')
    assert.equal(status, asker.kind === 'person' ? 200 : 401, asker.name)
  }
  const leaving = await world.person('leaving', [{ role: 'viewer', ...here }])
  assert.equal((await world.ask(nobody, 'POST', '/logout')).status, 401)
  assert.equal((await world.ask(leaving, 'POST', '/logout')).status, 200)
  assert.equal((await world.ask(leaving, 'GET', '/session')).status, 401)
  assert.equal((await world.ask(leaving, 'GET', '/api/v1/reports')).status, 401)
})

test('lists show what one may see, and it is there', async () => {
  const lists = ['windows', 'reports', 'manifests', 'findings', 'overview', 'cases?state=all', 'waivers', 'sensors']
  const viewer = askers.find(({ name }) => name === 'viewer here') ?? nobody
  await world.sensor('harbour-sensor', here)
  for (const path of lists) {
    const { text } = await world.ask(viewer, 'GET', `/api/v1/${path}`)
    assert.ok(text.includes(here.application), `${path} is empty: ${text}`)
    assert.ok(!text.includes(elsewhere.application), path)
  }
})

test('these tests ask every route that there is', () => {
  const others = [
    ...['GET /login', 'GET /login/callback', 'GET /login/link/:token', 'POST /login/link', 'GET /session', 'POST /logout'],
    ...['POST /ingest/:sensor', 'PUT /ingest/:sensor', 'POST /api/v1/runtime/findings/ingest', 'POST /api/v1/batches'],
    ...['POST /api/v1/sensors/enrol', 'GET /api/v1/runtime/assurance/report'],
    ...['GET /livez', 'GET /readyz', 'GET /metrics', 'GET /openapi.json'],
  ]
  const walked = [...actions.map(({ method, path }) => `${method} ${path}`), ...others]
  const there = world.routes.filter(({ method }) => method !== 'HEAD').map(({ method, url }) => `${method} ${url}`)
  assert.deepEqual([...new Set(there)].sort(), walked.sort())
})

test('who has no credentials yet comes in by a token of theirs alone', async () => {
  const enrolment = { token: `rpe_${'x'.repeat(43)}`, name: 'a', kind: 'falco' }
  assert.equal((await world.ask(nobody, 'POST', '/api/v1/sensors/enrol', { body: JSON.stringify(enrolment) })).status, 401)
  const link = JSON.stringify({ token: enrolment.token, name: 'Eve' })
  assert.equal((await world.ask(nobody, 'POST', '/login/link', { body: link })).status, 401)
  assert.equal((await world.ask(nobody, 'GET', '/login')).status, 200)
  assert.equal((await world.ask(nobody, 'GET', `/login/link/${enrolment.token}`)).status, 200)
  assert.equal((await world.ask(nobody, 'GET', '/login/callback?code=x&state=y')).status, 401)
})

test('what lies outside of one’s own is refused by the act itself, too, and noted', async () => {
  const administrator = askers.find(({ name }) => name === 'admin here') ?? nobody
  const foreign = await world.sensor('meadow-sensor', elsewhere)
  const id = Buffer.from(foreign.headers['authorization']?.slice(6) ?? '', 'base64')
    .toString()
    .slice(0, 16)
  const { status } = await world.ask(administrator, 'POST', `/api/v1/sensors/${id}/revoke`, { body: '{}' })
  assert.equal(status, 403)
  const [noted] = await accessLog()
  assert.deepEqual([noted?.action, noted?.outcome], ['revoke-sensor', 'denied'])
  assert.match(noted?.what ?? '', new RegExp(id))
})

test('changes, evidence and refusals are in the access log, reading of other things is not', async () => {
  const here1 = known.caseOf(here)
  const engineer = askers.find(({ name }) => name === 'engineer here') ?? nobody
  const viewer = askers.find(({ name }) => name === 'viewer here') ?? nobody
  const words = { reason: 'The release needs it.', compensating: 'Egress is closed.', expires: '30d' }
  const proposal = JSON.stringify({ ...here, control: 'no-shell', targets: ['/bin/ash'], ...words })
  const asked = [
    [engineer, 'POST', `/api/v1/cases/${here1}/comments`, '{"text":"noted"}', 200],
    [engineer, 'POST', '/api/v1/proposals', proposal, 200],
    [engineer, 'GET', `/api/v1/cases/${here1}`, undefined, 200],
    [viewer, 'GET', `/api/v1/cases/${here1}`, undefined, 200],
    [viewer, 'POST', `/api/v1/cases/${here1}/comments`, '{"text":"no"}', 403],
    [viewer, 'GET', '/api/v1/reports', undefined, 200],
    [viewer, 'POST', '/ingest/falco', '{}', 403],
  ] as const
  const earlier = (await accessLog())[0]?.id ?? 0
  for (const [asker, method, path, body, expected] of asked) {
    const { status, text } = await world.ask(asker, method, path, body === undefined ? {} : { body })
    assert.equal(status, expected, text)
  }
  const entries = (await accessLog()).filter(({ id }) => id > earlier).reverse()
  assert.deepEqual(
    entries.map(({ action, outcome }) => `${action} ${outcome}`),
    ['comment-case done', 'propose-waiver done', 'show-case done', 'comment-case denied', 'ingest denied'],
  )
  assert.match(entries[0]?.what ?? '', new RegExp(`harbour/prod, id ${here1}$`))
})

test('every act that changes something, and every refusal that was walked here, left its entry', async () => {
  const entries = await accessLog(5000)
  const done = new Set(entries.filter(({ outcome }) => outcome === 'done').map(({ action }) => action))
  const denied = new Set(entries.filter(({ outcome }) => outcome === 'denied').map(({ action }) => action))
  // Whoever may not see a case is told that there is none, and whoever may see it may have it shown.
  assert.deepEqual(
    actions.filter(({ name }) => !denied.has(name)).map(({ name }) => name),
    ['show-case'],
  )
  // What nothing but a signature or another person completes is done elsewhere: test/review*.test.ts, test/keys-flow.test.ts.
  const incomplete = new Set(['publish-manifest', 'enrol-workload', 'revoke-sensor', 'revoke-token', 'give-role', 'take-role'])
  for (const name of ['shut-out', 'revoke-waiver', 'draft-decision', 'draft-key-enrolment', 'enrol-key', 'revoke-key'])
    incomplete.add(name)
  const changes = actions.filter(({ method, name }) => method !== 'GET' && !incomplete.has(name))
  assert.ok(changes.length > 5)
  assert.deepEqual(
    changes.filter(({ name }) => !done.has(name)).map(({ name }) => name),
    [],
  )
})

test('no secret that evidence or a question carries is in a log line, the access log or a refusal', async () => {
  const sensor = askers.find(({ name }) => name === 'sensor-everywhere') ?? nobody
  const viewer = askers.find(({ name }) => name === 'viewer here') ?? nobody
  const answers: string[] = []
  const post = async (path: string, body: string): Promise<void> => {
    answers.push((await world.ask(sensor, 'POST', path, { body })).text)
  }
  // As a command line that falco saw, as what no sensor says, and as what is no JSON at all.
  for (const { text } of seeded) {
    const fields = { 'proc.cmdline': text, 'evt.type': 'execve', 'k8s.ns.name': 'harbour' }
    const event = {
      rule: 'Shell',
      priority: 'Warning',
      output: text,
      time: '2026-03-02T09:24:00.000000000Z',
      output_fields: fields,
    }
    await post('/api/v1/runtime/findings/ingest', JSON.stringify({ sensor: 'falco', findings: [event, { [text]: text }, text] }))
    await post('/ingest/falco', `${text}\n`)
    answers.push((await world.ask(viewer, 'GET', `/api/v1/findings?text=${encodeURIComponent(text.slice(0, 400))}&from=x`)).text)
  }
  const entries = (await accessLog(5000)).map((entry) => JSON.stringify(entry))
  const output = [...world.lines, ...entries, ...answers].join('\n')
  assert.ok(seeded.length > 50 && answers.length === seeded.length * 3)
  assert.deepEqual(
    seeded.filter(({ secret }) => output.includes(secret)).map(({ kind }) => kind),
    [],
  )
})

test('no credential is in a log line, the access log or a problem document', async () => {
  const secrets = askers.flatMap((asker) => asker.secrets)
  assert.ok(secrets.length > 50)
  const problems: string[] = []
  for (const asker of askers.slice(0, 8)) {
    const [secret = ''] = asker.secrets
    for (const path of [`/api/v1/cases/${secret}`, `/api/v1/reports?window_id=${secret}&limit=0`, '/api/v1/tokens']) {
      const altered = Object.fromEntries(Object.entries(asker.headers).map(([name, value]) => [name, `${value}x`]))
      for (const headers of [asker.headers, altered]) {
        const { status, text } = await world.ask({ ...asker, headers }, 'GET', path)
        if (status >= 400) problems.push(text)
      }
    }
  }
  const entries = (await accessLog(5000)).map((entry) => JSON.stringify(entry))
  const output = [...world.lines, ...entries, ...problems].join('\n')
  assert.ok(problems.length > 10 && world.lines.length > 3)
  assert.deepEqual(
    secrets.filter((secret) => output.includes(secret)),
    [],
  )
})

/** Of those who may have it one is enough where each answer is half a second's work. */
function askersOf(format: string, scope: AccessScope): readonly Asker[] {
  if (format !== 'pdf') return askers
  const [first, ...others] = Map.groupBy(askers, (asker) => holds(asker, 'report:read', scope)).get(true) ?? []
  return askers.filter((asker) => asker === first || !others.includes(asker))
}

/** What the tables above say. */
function holds({ grants, cut }: Asker, permission: Permission, scope: AccessScope | null): boolean {
  if (cut !== null && !cut.includes(permission)) return false
  return grants.some(({ role, application, environment }) => {
    if (!held[role].includes(permission)) return false
    if (scope === null) return !serviceWide.has(permission) || (application === '*' && environment === '*')
    return (
      (application === '*' || application === scope.application) && (environment === '*' || environment === scope.environment)
    )
  })
}

/** Let through: done, or refused for what the request itself says. */
function isServed(status: number): boolean {
  return status === 200 || [400, 404, 409, 413, 422].includes(status)
}

/** Whether an answer speaks about an application that neither the question names nor the asker's permission reaches. */
function showsOthers(asker: Asker, permission: Permission, asked: AccessScope | null, text: string): boolean {
  const others = scopes.filter((scope) => scope.application !== asked?.application && !holds(asker, permission, scope))
  return others.some(({ application }) => text.includes(application))
}

async function accessLog(most = 50) {
  const { access } = world.service
  access.world.log.flush()
  return access.world.state.accesses({ who: null, before: null, limit: most })
}
