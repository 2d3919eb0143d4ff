import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Principal } from '../core/model/access.ts'
import { actions } from '../src/actions/registry.ts'
import { createApp } from '../src/server/app.ts'
import { defaultDoorLimits, type Doors } from '../src/server/doors.ts'
import { createMetrics } from '../src/server/metrics.ts'
import { reportFile, type ReportFormat } from '../src/service/handover.ts'
import { registerReports } from '../src/service/report-routes.ts'
import { signingKeyOf } from '../src/keys/signing-key.ts'
import { curl, listAs, reviewWorld, shell, type ReviewWorld } from './review-world.ts'
import { run, scratch } from './sample.ts'

const nothing = (): Promise<never> => Promise.reject(new Error('no evidence comes in here'))

/** The acts of a world on real routes; a bearer token is somebody's name. */
async function served(world: ReviewWorld, people: ReadonlyMap<string, Principal>): Promise<FastifyInstance> {
  const doors: Doors = {
    ...{ keep: nothing, keepBatch: nothing, keepSigned: nothing, sender: () => Promise.resolve(null) },
    ...{ backlog: () => 0, limits: defaultDoorLimits, count: () => {} },
  }
  const zero = (): number => 0
  const authenticate = async ({ headers }: FastifyRequest) =>
    people.get(headers.authorization?.replace('Bearer ', '') ?? '') ?? null
  const handover = { ...world.parts.closing, pdfOf: () => Promise.reject(new Error('no')) }
  const fileOf = (digest: string, format: ReportFormat) => reportFile(handover, digest, format)
  const gauges = { backlogBytes: zero, lagSeconds: zero, heldBytes: zero, ledgerSize: zero, segmentBytes: zero, unclaimed: zero }
  const app = await createApp({
    version: '0.0.0-test',
    actions,
    doors,
    metrics: createMetrics({ ...gauges, openCases: zero, isFolding: () => true, newest: () => [] }),
    authenticate,
    contextOf: world.contextOf,
    audit: () => {},
    register: [
      (server: FastifyInstance) =>
        registerReports(server, { authenticate, audit: () => {}, state: world.parts.closing.state, fileOf }),
    ],
    others: [],
    unready: () => [],
    onDefect: (error) => {
      throw error
    },
    trustProxy: false,
    tls: null,
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return app
}

test('people decide from the command line: enrol a key, look, sign what is shown, and the second person the same', async () => {
  const world = await reviewWorld()
  const cwd = scratch()
  const pems = ['ada', 'grace'].map((name) => {
    const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    writeFileSync(join(cwd, `${name}.pem`), pem, { mode: 0o600 })
    writeFileSync(join(cwd, `${name}.token`), name)
    return signingKeyOf(pem, { path: name, passphrase: null, name: name === 'ada' ? 'Ada' : 'Grace' })
  })
  await world.publish({ approvers: pems })
  const [ada, grace] = [await world.person('Ada', 'approver', null), await world.person('Grace', 'approver', null)]
  await world.receive(0, [shell, curl])
  await world.close(0)
  const people = new Map([
    ['ada', ada.principal],
    ['grace', grace.principal],
  ])
  const app = await served(world, people)
  const as = (name: string, ...argv: readonly string[]) =>
    run([...argv, '--server', app.listeningOrigin, '--token-file', `${name}.token`], { cwd })
  try {
    for (const name of ['ada', 'grace']) {
      const enrolled = await as(name, 'key', 'enrol', '--key', `${name}.pem`)
      assert.match(
        enrolled.out,
        /^signs that the key .* is that of (Ada|Grace) \(https:\/\/idp\.example\)\nenrolled, ledger entry \d+/,
        enrolled.err,
      )
    }
    assert.equal((await as('ada', 'key', 'enrol', '--key', 'ada.pem')).code, 3)

    const listed = await as('ada', 'case', 'list')
    assert.match(listed.out, /no-shell[^]*no-curl|no-curl[^]*no-shell/, listed.err)
    const high = (await listAs(ada)).find(({ severity }) => severity === 'high')?.id ?? 0
    const shown = await as('ada', 'case', 'show', String(high))
    assert.match(shown.out, /to accept it takes 2 people, 0 signed/)
    assert.match(shown.out, /history +2026-03-02T00:10:00Z Runproof opened/)

    const words = ['--verdict', 'waive', '--reason', 'until the release', '--compensating', 'no egress', '--expires', '14d']
    const dry = await as('ada', 'case', 'decide', String(high), ...words, '--key', 'ada.pem', '--dry-run')
    assert.match(dry.out, /accepts violations until 2026-03-16/)
    assert.equal(world.parts.closing.state.decisionsOn(`case:${high}`).length, 0)

    const first = await as('ada', 'case', 'decide', String(high), ...words, '--key', 'ada.pem')
    assert.match(first.out, /reason +until the release[^]*it counts when one more person has signed the same/, first.err)
    const again = await as('ada', 'case', 'decide', String(high), '--verdict', 'waive', '--key', 'ada.pem')
    assert.match(again.err, /handed in this very decision before.*\[case\.already_decided\]/s)
    const second = await as('grace', 'case', 'decide', String(high), '--verdict', 'waive', '--key', 'grace.pem')
    assert.match(second.out, /until the release[^]*the case is waived, its window is judged anew/, second.err)

    const held = JSON.parse((await as('ada', 'waiver', 'held', '--json')).out) as {
      readonly waivers: readonly { readonly digest: string; readonly state: string }[]
    }
    assert.deepEqual(
      held.waivers.map(({ state }) => state),
      ['active'],
    )
    const back = await as(
      'grace',
      'waiver',
      'revoke',
      held.waivers[0]?.digest ?? '',
      '--reason',
      'the release is out',
      '--key',
      'grace.pem',
    )
    assert.match(back.out, /takes the waiver case-\d+-[0-9a-f]{8} back[^]*taken back, ledger entry \d+/, back.err)

    const low = String((await listAs(ada)).find(({ severity }) => severity === 'low')?.id)
    const proposed = await as(
      'grace',
      'waiver',
      'propose',
      '--case',
      low,
      '--reason',
      'r',
      '--compensating',
      'c',
      '--expires',
      '7d',
    )
    assert.equal(proposed.code, 0, proposed.err)
    assert.match((await as('ada', 'case', 'show', low)).out, /to sign +Grace asked for it: runproof case decide/)
    const own = await as('grace', 'case', 'decide', low, '--verdict', 'waive', '--key', 'grace.pem')
    assert.match(own.err, /cannot approve their own request.*\[decision\.invalid\]/s)
    const wrongKey = await as('ada', 'case', 'decide', low, '--verdict', 'waive', '--key', 'grace.pem')
    assert.match(wrongKey.err, /is somebody else's/)
    for (const argv of [
      ['assign', low],
      ['comment', low, '--text', 'Looks fine.'],
    ]) {
      assert.equal((await as('ada', 'case', ...argv)).code, 0)
    }
    const revoked = await as('ada', 'key', 'list', '--json')
    const keyId = (JSON.parse(revoked.out) as { readonly keys: readonly { readonly key_id: string }[] }).keys[0]?.key_id ?? ''
    assert.equal((await as('ada', 'key', 'revoke', '--key-id', keyId, '--reason', 'lost')).code, 0)
    assert.match((await as('ada', 'case', 'decide', low, '--verdict', 'waive', '--key', 'ada.pem')).err, /was revoked at/)
  } finally {
    await app.close()
    await world.end()
  }
})

test('reports that a service keeps are named by their time: shown, explained and compared like files', async () => {
  const world = await reviewWorld()
  const cwd = scratch()
  writeFileSync(join(cwd, 'ada.token'), 'ada')
  await world.publish()
  const ada = await world.person('Ada', 'auditor', null)
  await world.receive(0, [shell])
  await world.close(0)
  await world.receive(1, [shell, curl])
  await world.close(1)
  const app = await served(world, new Map([['ada', ada.principal]]))
  const as = (...argv: readonly string[]) => run([...argv, '--server', app.listeningOrigin, '--token-file', 'ada.token'], { cwd })
  try {
    const shown = await as('show', 'shop/prod@~1')
    assert.match(shown.out, /2026-03-02[^]*No curl/, shown.err)
    const compared = await as('diff', 'shop/prod@~2', 'shop/prod@2026-03-02T00:10..2026-03-02T00:20')
    assert.match(compared.out, /no-curl/, compared.err)
    const explained = await as('explain', 'shop/prod@~1', 'no-shell')
    assert.equal(explained.code, 0, explained.err)

    const several = await as('show', 'shop/prod@2026-03-02')
    assert.match(several.err, /several windows of shop\/prod start on that day; say which, like .*\[window\.unknown\]/s)
    const none = await as('show', 'shop/prod@~3')
    assert.match(none.err, /no judged window of shop\/prod then; the newest are 2026-03-02T00:10:00Z/)
    const wrong = await as('show', 'shop/prod@2026-13-02')
    assert.match(wrong.err, /names no window; say .*\[usage\]/s)
    const path = await as('show', 'shop/prod@home')
    assert.match(path.err, /cannot read .*prod@home/)
  } finally {
    await app.close()
    await world.end()
  }
})
