import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { keepIdentity, ownKey } from '../../src/cli/forward/identity.ts'
import { receiving } from '../forward-service.ts'
import { root, run, scratch } from '../sample.ts'

const skip = process.platform !== 'linux' && 'this is not Linux'
const policy = `processes:\n  rp-nobody-${process.pid}:\n    max_memory_mb: 1\n`

test('records go to a service as signed and numbered batches, also when it was away', { skip }, async () => {
  const cwd = scratch()
  writeFileSync(join(cwd, 'guard.yaml'), policy)
  const state = join(cwd, 'state')
  const service = await receiving({ id: 'a1b2c3', secret: 'hush', pem: ownKey(state).pem })
  keepIdentity(state, { id: 'a1b2c3', secret: 'hush', server: service.url, name: 'node-a-guard', sensor: 'runproof' })
  let asked = 0
  service.setWeather(() => (asked++ < 2 ? { status: 503 } : 'fair'))
  const argv = [
    'guard',
    'run',
    '--policy',
    'guard.yaml',
    '--sensor',
    'procfs',
    '--node',
    'node-a',
    '--heartbeat',
    '1s',
    '--to',
    service.url,
  ]
  const guard = spawn(join(root, 'runproof'), [...argv, '--state', 'state', '--for', '6s'], { cwd })
  let said = ''
  guard.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const code = await new Promise((over) => guard.once('close', over))
  await service.close()
  assert.equal(code, 0, said)
  const lines = service
    .lines()
    .map((line) => JSON.parse(line) as { readonly kind: string; readonly node: string; readonly undelivered?: number })
  const counters = lines.filter(({ kind }) => kind === 'counters')
  assert.ok(counters.length >= 3, said)
  assert.ok(lines.every(({ node }) => node === 'node-a'))
  assert.ok(counters.every(({ undelivered }) => undelivered === 0))
  assert.deepEqual(
    service.received.map(({ header }) => header.seq),
    service.received.map((_, index) => index + 1),
  )
})

test('a service needs a memory that was enrolled', { skip }, async () => {
  const cwd = scratch()
  writeFileSync(join(cwd, 'guard.yaml'), policy)
  const ask = (more: readonly string[]) =>
    run(['guard', 'run', '--policy', 'guard.yaml', '--to', 'http://127.0.0.1:1', ...more], { cwd })
  assert.match((await ask([])).err, /--state is missing/)
  const ran = await ask(['--state', 'state'])
  assert.equal(ran.code, 64)
  assert.match(ran.err, /no forwarder is enrolled/)
})
