import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { commandLine, type CommandLine } from './fixtures.ts'

/** A bundle `b` with the approver Jane Doe, her key, and the key of Eve, who is no approver. */
async function shell(t: TestContext): Promise<CommandLine> {
  const { dir, run: command } = commandLine(t)
  await command('manifest', 'init', 'b', '--application', 'payments', '--environment', 'prod', '--workload', 'api')
  for (const name of ['jane', 'eve']) {
    const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
    writeFileSync(join(dir, `${name}.pem`), pem, { mode: 0o600 })
  }
  const jane = createPublicKey(readFileSync(join(dir, 'jane.pem')))
    .export({ type: 'spki', format: 'pem' })
    .toString()
  appendFileSync(
    join(dir, 'b/manifest.yaml'),
    `approvers:\n  - name: Jane Doe\n    key: |\n${jane.trim().replaceAll(/^/gm, '      ')}\n`,
  )
  return { dir, run: (...argv) => command('waiver', ...argv) }
}

const words = ['--reason', 'old image', '--compensating', 'isolated', '--requested-by', 'Bob']
const sign = [
  'sign',
  '--bundle',
  'b',
  '--control',
  'payments.exec.no-shell',
  '--target',
  '/bin/sh',
  ...words,
  '--expires',
  '30d',
  '--key',
  'jane.pem',
]

test('an approver signs a waiver into the bundle, and it is listed as active until it expires', async (t) => {
  const { dir, run } = await shell(t)
  const signed = await run(...sign, '--id', 'shell')
  assert.equal(signed.code, 0, signed.err)
  assert.match(
    signed.out,
    /waivers\/shell\.dsse\.json: payments\.exec\.no-shell waived from 2026-03-01T12:00:00Z until 2026-03-31T12:00:00Z/,
  )
  assert.match(
    (await run('list', '--bundle', 'b')).out,
    /^active +payments\.exec\.no-shell +shell +Bob +Jane Doe +until 2026-03-31T12:00:00Z; findings of severity high or worse take a second person/m,
  )
  assert.match((await run('list', '--bundle', 'b', '--at', '2026-02-01T00:00:00Z')).out, /^not yet /m)
  assert.match((await run('list', '--bundle', 'b', '--at', '2026-03-31T12:00:00Z')).out, /^expired /m)
  const { waivers } = JSON.parse((await run('list', '--bundle', 'b', '--json')).out) as {
    waivers: { state: string; waiver: { scope: unknown } }[]
  }
  assert.equal(waivers[0]?.state, 'active')
  assert.deepEqual(waivers[0]?.waiver.scope, { targets: ['/bin/sh'] })
  assert.deepEqual(readdirSync(join(dir, 'b/waivers')), ['shell.dsse.json'])
})

test('a waiver is never written over another', async (t) => {
  const { dir, run } = await shell(t)
  await run(...sign, '--id', 'shell')
  const before = readFileSync(join(dir, 'b/waivers/shell.dsse.json'), 'utf8')
  const again = await run(...sign, '--id', 'shell')
  assert.equal(again.code, 3)
  assert.match(again.err, /is there already.*choose another --id \[waiver\.invalid\]/)
  assert.equal(readFileSync(join(dir, 'b/waivers/shell.dsse.json'), 'utf8'), before)
  assert.equal((await run(...sign)).code, 0, 'without --id it gets one of its own')
})

test('a key that is no approver’s signs nothing, and the message says who may', async (t) => {
  const { dir, run } = await shell(t)
  const refused = await run(...sign, '--key', 'eve.pem')
  assert.equal(refused.code, 3)
  assert.match(refused.err, /is no approver's; approvers: Jane Doe \(.{44}\) \[waiver\.invalid\]/)
  assert.ok(!existsSync(join(dir, 'b/waivers')))
})

test('a changed control is no longer waived; show says so and exits 1', async (t) => {
  const { dir, run } = await shell(t)
  await run(...sign, '--id', 'shell')
  const file = 'b/waivers/shell.dsse.json'
  assert.match((await run('show', file)).out, /not checked/)
  const active = await run('show', file, '--bundle', 'b')
  assert.equal(active.code, 0)
  assert.match(active.out, /state {9}active: until/)
  const path = join(dir, 'b/manifest.yaml')
  writeFileSync(path, readFileSync(path, 'utf8').replace('title: No shell is started', 'title: No shell'))
  const changed = await run('show', file, '--bundle', 'b')
  assert.equal(changed.code, 1)
  assert.match(changed.out, /refused: the control was changed/)
  assert.equal((await run('list', '--bundle', 'b')).code, 0)
})

test('a waiver that was tampered with is listed as refused, not left out', async (t) => {
  const { dir, run } = await shell(t)
  await run(...sign, '--id', 'shell')
  const path = join(dir, 'b/waivers/shell.dsse.json')
  const envelope = JSON.parse(readFileSync(path, 'utf8')) as { payload: string }
  const payload = Buffer.from(envelope.payload, 'base64').toString().replace('2026-03-31', '2036-03-31')
  writeFileSync(path, JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') }))
  assert.match(
    (await run('list', '--bundle', 'b')).out,
    /^refused +waivers\/shell\.dsse\.json +the signature does not match the payload$/m,
  )
})

test('what is missing or wrong in the call is exit 64', async (t) => {
  const { run } = await shell(t)
  for (const argv of [
    [],
    ['x'],
    ['sign'],
    sign.filter((word) => word !== '--target' && word !== '/bin/sh'),
    ['list'],
    ['list', '--bundle', 'b', '--at', 'now'],
    ['show'],
  ]) {
    const { code, err } = await run(...argv)
    assert.equal(code, 64, err)
  }
  assert.match((await run('--help')).out, /examples:/)
})

test('terminal codes in a waiver’s words are shown, not sent', async (t) => {
  const { run } = await shell(t)
  await run(...sign, '--id', 'shell', '--reason', 'red \u001b[31m')
  assert.match((await run('show', 'b/waivers/shell.dsse.json')).out, /reason {8}red \\x1b\[31m/)
})
