// A real ssh server on loopback: what it lets us find out is what this machine says of itself, over one session.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { collectLocal } from '../../src/state/facts/local.ts'
import { type FactBundle, type Query, type QueryOf, keyOf } from '../../src/state/model/fact.ts'
import { parseTarget } from '../../src/state/targets/address.ts'
import { type TargetOptions, collect, collectAll } from '../../src/state/targets/collect.ts'
import { TargetError } from '../../src/state/targets/target-error.ts'
import { type Sshd, startSshd, whyNoSshd } from './sshd.ts'

const skip = whyNoSshd()
const FIXTURES = join(import.meta.dirname, '..', '..', '..', 'shared', 'corpus', 'state', 'fixtures')
const skipNetwork = skip === false ? (existsSync(FIXTURES) ? false : 'the recorded fixtures are not here') : skip
const TAKEN = 'somebody else has the ports of the fixtures'
const running: { sshd: Sshd | null; closed: Sshd | null; fixtures: ChildProcess | null } = {
  sshd: null,
  closed: null,
  fixtures: null,
}

before(async () => {
  if (skip !== false) return
  running.sshd = await startSshd()
  running.closed = await startSshd(['AllowTcpForwarding no'])
  if (skipNetwork === false) running.fixtures = await startFixtures()
})
after(async () => {
  running.fixtures?.kill()
  await running.sshd?.stop()
  await running.closed?.stop()
})

/** Services on fixed ports of loopback, for http, https, a proxy, tcp and udp. Null: somebody else has the ports. */
function startFixtures(): Promise<ChildProcess | null> {
  const child = spawn(process.execPath, [join(FIXTURES, 'server.mjs')], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, FX_SECONDS: '120' },
  })
  return new Promise((resolve) => {
    child.once('exit', () => resolve(null))
    child.stdout.once('data', () => resolve(child))
  })
}

function over(server: Sshd | null): TargetOptions {
  assert.ok(server)
  return { programs: { ssh: server.ssh } }
}

const file = (path: string, more: Partial<QueryOf<'file'>> = {}): Query => ({
  ...{ kind: 'file', path, contents: false, digests: [], access: [], capabilities: false, label: false },
  ...more,
})
const command = (text: string, timeoutMs = 10_000): Query => ({
  kind: 'command',
  command: text,
  timeoutMs,
  retries: 0,
  retryDelayMs: 0,
})
const address = (text: string, localAddress: string | null = null): Query => ({
  kind: 'address',
  address: text,
  localAddress,
  timeoutMs: 3000,
})
const http = (path: string, more: Partial<QueryOf<'http'>> = {}): Query => ({
  ...{ kind: 'http', url: path.includes('://') ? path : `http://127.0.0.1:18080${path}`, method: 'GET', allowInsecure: false },
  ...{
    followRedirects: true,
    timeoutMs: 5000,
    headers: [],
    body: '',
    username: '',
    password: '',
    caFile: '',
    certFile: '',
    keyFile: '',
    proxy: '',
  },
  ...{ socket: null },
  ...more,
})

/** What does not depend on when it is asked. */
const steady: readonly Query[] = [
  ...['/etc/passwd', '/etc', '/nonexistent/x', '/etc/passwd/x', '/dev/null', '~', '/proc/version'].map((path) =>
    file(path, { contents: true, digests: ['sha256'], access: ['nobody'] }),
  ),
  file('/usr/bin/env', { capabilities: true }),
  ...['echo $((6*7)); exit 9', "printf '\\0\\377\\n\\n'", 'sleep 9', 'id -un >&2'].map((text) => command(text, 1000)),
  { kind: 'packages', manager: null, patterns: ['lib*', 'nosuch*'] },
  { kind: 'service', name: 'ssh' },
  ...(['accounts', 'interfaces', 'mounts', 'kernel-modules'] as const).map((kind): Query => ({ kind })),
  { kind: 'kernel-param', name: 'kernel.ostype' },
  { kind: 'dns', name: 'localhost', type: null, server: null, timeoutMs: 3000 },
  { kind: 'crontab', user: 'root' },
]

async function assertSame(
  queries: readonly Query[],
  options: TargetOptions,
  but: (query: Query) => boolean = () => false,
): Promise<FactBundle> {
  const [here, there] = [await collectLocal(queries), await collect(parseTarget('web-1'), queries, options)]
  for (const query of queries.filter((each) => !but(each))) {
    const key = keyOf(query)
    assert.deepEqual(there.facts[key]?.answer, here.facts[key]?.answer, key)
  }
  return there
}

test('over ssh a host answers as it does to itself, in one session', { skip }, async () => {
  const before = running.sshd?.sessions() ?? 0
  const there = await assertSame(steady, over(running.sshd))
  assert.equal(running.sshd?.sessions(), before + 1)
  assert.deepEqual([there.target.transport, there.target.address], ['ssh', 'web-1'])
})

test('sockets and processes are those of the host: its ssh server is among both', { skip }, async () => {
  const { facts } = await collect(parseTarget('web-1'), [{ kind: 'sockets' }, { kind: 'processes' }], over(running.sshd))
  const [sockets, processes] = [facts['sockets']?.answer, facts['processes']?.answer]
  assert.ok(sockets && 'value' in sockets && processes && 'value' in processes)
  const ports = sockets.value as readonly { port: number; isListening: boolean }[]
  assert.ok(ports.some(({ port, isListening }) => isListening && port === running.sshd?.port))
  const names = processes.value as readonly { comm: string; commandLine: readonly string[] }[]
  assert.ok(names.some(({ comm, commandLine }) => comm === 'sshd' && commandLine.length > 0))
})

const CA = join(FIXTURES, 'cert.pem')
const network: readonly Query[] = [
  ...['tcp://127.0.0.1:18081', 'tcp://[::1]:18082', 'localhost:18086', 'tcp://127.0.0.1:1', 'udp://127.0.0.1:18084', 'x://y'].map(
    (text) => address(text),
  ),
  address('127.0.0.1:18081', 'garbage'),
  ...['/text', '/redirect', '/set-headers', '/gzip', '/close', '/redirect-loop', '/big'].map((path) => http(path)),
  http('/anything', { method: 'POST', body: '{"k": 1}' }),
  http('/slow?ms=3000', { timeoutMs: 500 }),
  http('http://example.test/headers', { proxy: 'http://127.0.0.1:18085' }),
  http('https://127.0.0.1:18443/text', { caFile: CA }),
  http('https://127.0.0.1:18443/text'),
  http('https://127.0.0.1:18444/text', { caFile: CA }),
  http('https://127.0.0.1:18444/text', {
    caFile: CA,
    certFile: join(FIXTURES, 'client-cert.pem'),
    keyFile: join(FIXTURES, 'client-key.pem'),
  }),
  { kind: 'certificate', path: null, address: '127.0.0.1:18443', serverName: null, caFile: CA, timeoutMs: 3000 },
]

test('network questions go through the same session, as if the host asked them', { skip: skipNetwork }, async (t) => {
  if (running.fixtures === null) return t.skip(TAKEN)
  const before = running.sshd?.sessions() ?? 0
  await assertSame(network, over(running.sshd))
  assert.equal(running.sshd?.sessions(), before + 1)
})

test('a connection that the host cannot open is no, and names the host as the one that could not', { skip }, async () => {
  const asks = [address('127.0.0.1:1'), http('http://127.0.0.1:1/')]
  const { facts } = await collect(parseTarget('web-1'), asks, over(running.sshd))
  const [reachable, answer] = asks.map((query) => facts[keyOf(query)]?.answer)
  assert.deepEqual(reachable, { value: false })
  assert.deepEqual(answer, {
    error: 'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: the host could not open the connection',
  })
})

test(
  'where forwarding is forbidden the host asks with its own programs, and never takes that for a closed port',
  { skip: skipNetwork },
  async (t) => {
    if (running.fixtures === null) return t.skip(TAKEN)
    const asks = [
      address('127.0.0.1:18081'),
      address('127.0.0.1:1'),
      http('/text'),
      http('/redirect-post', { method: 'POST', body: 'abc' }),
    ]
    const { facts } = await collect(parseTarget('web-1'), asks, over(running.closed))
    const [open, shut, text, posted] = asks.map((query) => facts[keyOf(query)]?.answer)
    assert.deepEqual([open, shut], [{ value: true }, { value: false }])
    const bodyOf = (answer: unknown): unknown =>
      (answer as { value?: { body?: { value?: { text?: string } } }; error?: string }).value?.body?.value?.text ?? answer
    const isInstalled = !JSON.stringify(text).includes('not installed')
    if (isInstalled)
      assert.deepEqual(
        [bodyOf(text), String(bodyOf(posted)).split('\n').slice(0, 2)],
        ['alpha line\nBeta line\n!bang\nlast', ['POST /anything', 'body=abc']],
      )
    else assert.match(JSON.stringify(text), /from inside there only curl can ask/)
  },
)

test('many hosts at once; one that refuses the key and one that nobody is are results with their reason', { skip }, async () => {
  const stranger: TargetOptions = {
    programs: { ssh: [...(over(running.sshd).programs?.ssh ?? ['ssh']), '-o', 'PubkeyAuthentication=no'] },
  }
  const [refused] = await collectAll([parseTarget('web-1')], [], stranger)
  assert.match(refused && 'reason' in refused ? refused.reason : '', /Permission denied/)
  const [nobody] = await collectAll([parseTarget('ssh://127.0.0.1:1')], [], over(running.sshd))
  assert.match(nobody && 'reason' in nobody ? nobody.reason : '', /Connection refused/)

  const before = running.sshd?.sessions() ?? 0
  const targets = Array.from({ length: 12 }, (_, index) => parseTarget(`web-${index}`, { id: `web-${index}` }))
  const results = await collectAll(targets, [command('echo $$'), { kind: 'accounts' }], { ...over(running.sshd), parallel: 6 })
  assert.deepEqual(
    results.map((result) => ('bundle' in result ? result.bundle.target.id : result.reason)),
    targets.map(({ id }) => id),
  )
  assert.equal(running.sshd?.sessions(), before + 12)
})

test('a key of a host that nobody knows is refused', { skip }, async () => {
  const unknown: TargetOptions = {
    programs: { ssh: [...(over(running.sshd).programs?.ssh ?? ['ssh']), '-o', 'UserKnownHostsFile=/dev/null'] },
  }
  const failure: unknown = await collect(parseTarget('web-1'), [], unknown).catch((error: unknown) => error)
  assert.ok(failure instanceof TargetError)
  assert.match(failure.message, /Host key verification failed/)
})
