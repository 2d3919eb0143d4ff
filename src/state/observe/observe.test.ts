import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
  openSync,
  closeSync,
  utimesSync,
} from 'node:fs'
import { createServer, get, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHmac } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import { here, resultOf } from '../fixtures.ts'
import type { Result } from '../model/result.ts'
import type { Hook, Policy } from '../policies/model.ts'
import { watchPaths } from './changes.ts'
import { readCron } from './cron.ts'
import { driftOf, type Found } from './drift.ts'
import { History, type KeptRun } from './history.ts'
import { metricsText } from './metrics.ts'
import { negotiate } from './negotiate.ts'
import { Outbox } from './outbox.ts'
import { observeServer } from './server.ts'
import { Task } from './task.ts'
import { healthOf, type Reason, type Watched } from './watched.ts'
import { deliver, secretOf } from './webhook.ts'

const folders: string[] = []
function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-observe-'))
  folders.push(folder)
  return folder
}
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

const start: Reason = { kind: 'start', what: null }

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !holds(); turn++) await sleep(20)
  assert.ok(holds())
}

// One run at a time

test('what is asked for while a run is under way is one more run, however often it is asked for', async () => {
  const seen: string[] = []
  const gates: (() => void)[] = []
  let [atOnce, most] = [0, 0]
  const task = new Task(async ({ what }) => {
    most = Math.max(most, ++atOnce)
    seen.push(what ?? '')
    await new Promise<void>((resolve) => gates.push(resolve))
    atOnce--
  })
  const first = task.ask({ kind: 'request', what: 'a' })
  for (const what of ['b', 'c', 'd']) void task.ask({ kind: 'request', what })
  await until(() => gates.length === 1)
  gates[0]?.()
  await until(() => gates.length === 2)
  gates[1]?.()
  await first
  assert.deepEqual([seen, most, task.isRunning], [['a', 'b'], 1, false])
  const again = task.ask({ kind: 'request', what: 'e' })
  await until(() => gates.length === 3)
  gates[2]?.()
  await again
  assert.deepEqual(seen, ['a', 'b', 'e'])
})

test('after the stop nothing begins, and what runs is finished', async () => {
  let runs = 0
  const task = new Task(async () => {
    runs++
    await sleep(5)
  })
  void task.ask(start)
  void task.ask(start)
  await task.stop()
  await task.ask(start)
  assert.equal(runs, 1)
})

// Changes of files

const quick = { debounceMs: 30, everyMs: 100 }

test('a file that changes, one deep in a folder, one that appears later and one that goes away are told', async () => {
  const folder = scratch()
  mkdirSync(join(folder, 'etc', 'conf.d'), { recursive: true })
  writeFileSync(join(folder, 'etc', 'main.conf'), 'a')
  const told: string[] = []
  const changes = watchPaths({
    ...quick,
    paths: [join(folder, 'etc'), join(folder, 'later', 'on.conf')],
    onChange: (changed) => told.push(...changed),
    onProblem: (message) => assert.fail(message),
  })
  try {
    await changes.ready
    writeFileSync(join(folder, 'etc', 'main.conf'), 'b')
    await until(() => told.includes(join(folder, 'etc', 'main.conf')))
    mkdirSync(join(folder, 'etc', 'conf.d', 'new'))
    writeFileSync(join(folder, 'etc', 'conf.d', 'new', 'deep.conf'), 'x')
    await until(() => told.includes(join(folder, 'etc', 'conf.d', 'new', 'deep.conf')))
    mkdirSync(join(folder, 'later'))
    writeFileSync(join(folder, 'later', 'on.conf'), 'x')
    await until(() => told.includes(join(folder, 'later', 'on.conf')))
    told.length = 0
    rmSync(join(folder, 'later'), { recursive: true })
    await until(() => told.includes(join(folder, 'later', 'on.conf')))
  } finally {
    changes.close()
  }
})

test('a file that is replaced, also by one of the same size and age, has changed; reading it changes nothing', async () => {
  const folder = scratch()
  const file = join(folder, 'a')
  writeFileSync(file, 'one')
  const old = new Date(2020, 0, 1)
  utimesSync(file, old, old)
  const told: string[] = []
  const changes = watchPaths({
    ...quick,
    paths: [file],
    onChange: (changed) => told.push(...changed),
    onProblem: (message) => assert.fail(message),
  })
  try {
    await changes.ready
    await sleep(250)
    assert.equal(told.length, 0)
    writeFileSync(join(folder, 'b'), 'two')
    utimesSync(join(folder, 'b'), old, old)
    renameSync(join(folder, 'b'), file)
    await until(() => told.includes(file))
  } finally {
    changes.close()
  }
})

test('a swarm of changes is told once it is quiet', async () => {
  const folder = scratch()
  const times: number[] = []
  const changes = watchPaths({
    debounceMs: 200,
    everyMs: 60,
    paths: [folder],
    onChange: (changed) => times.push(changed.length),
    onProblem: (message) => assert.fail(message),
  })
  try {
    await changes.ready
    for (let count = 0; count < 10; count++) {
      writeFileSync(join(folder, String(count)), 'x')
      await sleep(15)
    }
    await until(() => times.length > 0)
    await sleep(300)
    assert.equal(times.length, 1)
    assert.ok((times[0] ?? 0) >= 10)
  } finally {
    changes.close()
  }
})

test('more than can be watched is told, and a loop of links is none', async () => {
  const folder = scratch()
  symlinkSync(folder, join(folder, 'again'))
  for (let count = 0; count < 20; count++) writeFileSync(join(folder, String(count)), '')
  const problems: string[] = []
  const changes = watchPaths({
    ...quick,
    mostEntries: 10,
    paths: [folder],
    onChange: () => {},
    onProblem: (message) => problems.push(message),
  })
  await changes.ready
  changes.close()
  assert.match(problems.join(), /more than 10 files/)
})

// Drift

const found = (rest: Partial<Found> = {}): Found => ({
  host: 'a',
  type: 'file',
  id: '/x',
  property: 'mode',
  outcome: 'pass',
  actual: '0644',
  ...rest,
})

test('drift is what changed, appeared and went away; without a run before there is none', () => {
  assert.deepEqual(driftOf(null, [found()]), [])
  assert.deepEqual(driftOf([found()], [found()]), [])
  const drift = driftOf(
    [found(), found({ id: '/gone' }), found({ host: 'b' })],
    [found({ outcome: 'fail', actual: '0666' }), found({ id: '/new' }), found({ host: 'b', actual: '0600' })],
  )
  assert.deepEqual(
    drift.map(({ host, id, from, to, was, is }) => [host, id, from, to, was, is]),
    [
      ['a', '/x', 'pass', 'fail', '0644', '0666'],
      ['a', '/new', null, 'pass', null, '0644'],
      ['b', '/x', 'pass', 'pass', '0644', '0600'],
      ['a', '/gone', 'pass', null, '0644', null],
    ],
  )
})

test('drift there and back is the same, turned around', () => {
  const finds = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('/a', '/b', '/c'),
      outcome: fc.constantFrom('pass' as const, 'fail' as const),
      actual: fc.constantFrom('1', '2'),
    }),
    { selector: ({ id }) => id },
  )
  fc.assert(
    fc.property(finds, finds, (before, later) => {
      const [one, other] = [before.map(found), later.map(found)]
      const there = driftOf(one, other).map(({ id, from, to }) => `${id} ${from} ${to}`)
      const back = driftOf(other, one).map(({ id, from, to }) => `${id} ${to} ${from}`)
      assert.deepEqual(there.toSorted(), back.toSorted())
    }),
  )
})

// Retention

const kept = (endedAt: string, more: Partial<KeptRun> = {}): KeptRun => ({
  format: 'runproof-state-run/v1',
  policy: 'A',
  startedAt: endedAt,
  endedAt,
  found: [found({ id: endedAt })],
  sarif: {},
  ...more,
})

test('runs are kept by number and by age, and the newest always stays', () => {
  const folder = scratch()
  const history = new History(folder, { runs: 3, ageMs: 86_400_000 })
  for (const hour of ['01', '02', '03', '04']) history.keep('state-a', kept(`2026-03-02T${hour}:00:00.000Z`))
  assert.equal(readdirSync(join(folder, 'state-a')).length, 3)
  assert.equal(history.latest('state-a')?.[0]?.id, '2026-03-02T04:00:00.000Z')
  history.keep('state-a', kept('2026-03-03T03:30:00.000Z'))
  assert.equal(readdirSync(join(folder, 'state-a')).length, 2)
  history.prune('state-a', Date.parse('2027-01-01T00:00:00Z'))
  assert.equal(history.latest('state-a')?.[0]?.id, '2026-03-03T03:30:00.000Z')
  assert.equal(history.latest('state-b'), null)
})

test('two runs that end in one moment are two, and a file that is none is passed over', () => {
  const folder = scratch()
  const history = new History(folder, { runs: 10, ageMs: 86_400_000 })
  for (const policy of ['A', 'B']) history.keep('state-a', kept('2026-03-02T01:00:00.123Z', { policy }))
  assert.deepEqual(readdirSync(join(folder, 'state-a')), ['20260302T010000123Z-000.json', '20260302T010000123Z-001.json'])
  writeFileSync(join(folder, 'state-a', '20270302T010000123Z-000.json'), '{"format":')
  assert.equal(history.latest('state-a'), null)
  writeFileSync(join(folder, 'state-a', 'zzz.txt'), 'x')
  history.keep('state-a', kept('2027-03-02T01:00:00.123Z'))
  assert.equal(history.latest('state-a')?.length, 1)
})

// What is told to probers

const policy = (rest: Partial<Policy> = {}): Policy => ({
  id: 'HOST-001',
  enforcement: [],
  name: null,
  description: null,
  tags: [],
  score: null,
  solution: null,
  error: null,
  helpUrl: null,
  config: 'x',
  configPath: 'x',
  schedule: null,
  paths: [],
  place: { file: 'p.yaml', row: 1 },
  ...rest,
})

const nowMs = Date.parse('2026-03-02T10:30:00Z')

function watchedOf(
  results: readonly Result[],
  { fatal = true, exception = null as string | null, failure = null as string | null, id = 'HOST-001', host = 'web-1' } = {},
): Watched {
  const enforced = { rule: { environment: 'all', fatal, exceptions: [], confidence: null }, exception }
  const check = {
    target: { ...here, id: host },
    startedAt: '2026-03-02T10:00:00.000Z',
    endedAt: '2026-03-02T10:00:01.000Z',
    results,
    failure,
  }
  return {
    policy: policy({ id }),
    enforced,
    schedule: readCron('@hourly'),
    isRunning: false,
    last: {
      startedAt: '2026-03-02T10:00:00.000Z',
      endedAt: '2026-03-02T10:00:01.000Z',
      reason: start,
      run: { policy: policy({ id }), enforced, sources: [], hosts: [check] },
      problem: null,
      drift: [],
    },
  }
}

const [passing, failing, unclear] = [resultOf(), resultOf({ outcome: 'fail' }), resultOf({ outcome: 'error', error: 'x' })]

const stands: readonly (readonly [what: string, watched: Watched, health: string])[] = [
  ['everything holds', watchedOf([passing]), 'ok'],
  ['a fatal policy fails', watchedOf([passing, failing]), 'failing'],
  ['a policy that is not fatal fails', watchedOf([failing], { fatal: false }), 'ok'],
  ['a failure is accepted here', watchedOf([failing], { exception: 'x' }), 'ok'],
  ['a check could not be judged', watchedOf([passing, unclear]), 'not_judged'],
  ['a host did not answer', watchedOf([], { failure: 'refused' }), 'not_judged'],
  ['everything was skipped', watchedOf([resultOf({ outcome: 'skip' })]), 'not_judged'],
  ['it has not run yet', { ...watchedOf([passing]), last: null }, 'never_run'],
]

for (const [what, watched, health] of stands)
  test(`${what}: ${health.replace('_', ' ')}`, () => assert.equal(healthOf(watched, null, nowMs), health))

test('a policy that did not run when it was due twice is stale', () => {
  const watched = watchedOf([passing])
  assert.equal(healthOf(watched, null, Date.parse('2026-03-02T12:00:30Z')), 'ok')
  assert.equal(healthOf(watched, null, Date.parse('2026-03-02T12:02:00Z')), 'stale')
  assert.equal(healthOf({ ...watched, schedule: null }, null, Date.parse('2027-01-01T00:00:00Z')), 'ok')
})

const accepted: readonly (readonly [accept: readonly string[], expected: string | null])[] = [
  [[], 'text'],
  [['*/*'], 'text'],
  [['application/json'], 'json'],
  [['text/json'], 'json'],
  [['text/html, application/json;q=0.9, */*;q=0.1'], 'json'],
  [['text/plain;q=0.2', 'application/vnd.goss-junit'], 'junit'],
  [['application/vnd.goss-documentation'], 'documentation'],
  [['application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'], 'prometheus'],
  [['text/plain;version=0.0.4'], 'prometheus'],
  [['application/*'], 'json'],
  [['text/plain;q=0, */*'], 'json'],
  [['image/png'], null],
  [['application/json;q=0'], null],
  [['nonsense'], 'text'],
]

for (const [accept, expected] of accepted) {
  test(`Accept ${JSON.stringify(accept)} wants ${expected ?? 'nothing that there is'}`, () => {
    const wanted = negotiate(accept)
    assert.equal(wanted === null ? null : wanted.kind === 'goss' ? wanted.format : wanted.kind, expected)
  })
}

type Asked = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }

function ask(port: number, path: string, accept: string | readonly string[] = [], method = 'GET'): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const headers = accept.length === 0 ? {} : { accept: [...(typeof accept === 'string' ? [accept] : accept)] }
    get({ port, host: '127.0.0.1', path, method, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part: string) => (body += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    }).on('error', reject)
  })
}

async function served<T>(watched: readonly Watched[], use: (port: number) => Promise<T>): Promise<T> {
  const counted = () => ({ runs: new Map([['HOST-001', 3]]), drifts: new Map([['HOST-001', 1]]), hooks: [] })
  const server = observeServer({ endpoint: '/healthz', watched: () => watched, counted, version: '1.0.0', now: () => nowMs })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await use((server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const two = [watchedOf([passing]), watchedOf([failing], { id: 'WEB/2 x', host: 'web-2' })]

test('the endpoint answers for everything, a policy and a host: 200 while it is well, 503 while it is not', async () => {
  await served(two, async (port) => {
    const status = async (path: string): Promise<number> => (await ask(port, path)).status
    assert.deepEqual(
      await Promise.all(
        ['/healthz', '/healthz/HOST-001', '/healthz/host-001', '/healthz/web-1', '/healthz/web-2', '/healthz/WEB%2F2%20x'].map(
          status,
        ),
      ),
      [503, 200, 200, 200, 503, 503],
    )
    assert.deepEqual(
      await Promise.all(['/healthz/policy/HOST-001', '/healthz/host/web-2', '/healthz/host/HOST-001'].map(status)),
      [200, 503, 404],
    )
    assert.deepEqual(
      await Promise.all(['/healthz/', '/healthz/nobody', '/healthzz', '/', '/healthz/%ff'].map(status)),
      [503, 404, 404, 404, 404],
    )
  })
})

test('it answers in text, JSON and every format of goss, and only to who asks', async () => {
  await served(two, async (port) => {
    const text = await ask(port, '/healthz')
    assert.match(
      text.body,
      /^failing\nHOST-001: ok, 1 passed, 0 failed.*\nWEB\/2 x: failing.*\n {2}web-2: file \/etc\/shadow mode\n$/,
    )
    const json = await ask(port, '/healthz/web-2', 'application/json')
    assert.equal(json.headers['content-type'], 'application/json')
    const told = JSON.parse(json.body) as {
      status: string
      policies: { failures: { host: string; check: string; actual: string }[] }[]
    }
    assert.equal(told.status, 'failing')
    assert.deepEqual(told.policies[0]?.failures, [
      { host: 'web-2', check: 'file /etc/shadow mode', rule: 'file /etc/shadow mode', actual: '0644' },
    ])
    for (const format of ['documentation', 'json', 'junit', 'nagios', 'prometheus', 'rspecish', 'silent', 'structured', 'tap']) {
      const answer = await ask(port, '/healthz', ['text/plain;q=0.1', `application/vnd.goss-${format}`])
      assert.equal(answer.status, 503, format)
      if (format !== 'silent') assert.notEqual(answer.body, '', format)
    }
    assert.equal((await ask(port, '/healthz', 'image/png')).status, 406)
    assert.equal((await ask(port, '/healthz', [], 'POST')).status, 405)
    const head = await ask(port, '/healthz', [], 'HEAD')
    assert.deepEqual([head.status, head.body], [503, ''])
  })
})

test('metrics have a series for each check, and none twice', async () => {
  await served([watchedOf([passing, failing, unclear])], async (port) => {
    const { status, body } = await ask(port, '/metrics')
    assert.equal(status, 200)
    assert.match(
      body,
      /^runproof_state_check_passing\{policy="HOST-001",host="web-1",type="file",id="\/etc\/shadow",property="mode"\} 1$/m,
    )
    assert.match(body, /^runproof_state_policy_healthy\{policy="HOST-001"\} 0$/m)
    assert.match(body, /^runproof_state_runs_total\{policy="HOST-001"\} 3$/m)
    assert.match(body, /^runproof_state_drift_total\{policy="HOST-001"\} 1$/m)
    assert.match(body, /^runproof_state_check_not_judged\{.*\} 1$/m)
    const series = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    assert.equal(new Set(series.map((line) => line.slice(0, line.lastIndexOf(' ')))).size, series.length)
  })
})

test('whatever an id holds, every line of the metrics is one series', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (id) => {
      const text = metricsText([watchedOf([resultOf({ id })])], { runs: new Map(), drifts: new Map(), hooks: [] }, nowMs)
      for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('# ')))
        assert.match(line, /^[a-z_]+(?:\{(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)*\})? -?[0-9.e+]+$/u)
    }),
  )
})

// Webhooks

const hookOf = (endpoint: string, rest: Partial<Hook> = {}): Hook => ({
  name: 'ops',
  endpoint,
  method: 'POST',
  headers: { 'X-Team': 'ops' },
  events: ['results'],
  attempts: 3,
  delayMs: 1,
  timeoutMs: 2000,
  tokenEnv: null,
  secretEnv: null,
  isInsecure: false,
  ...rest,
})
const secret = secretOf(`whsec_${Buffer.from('0123456789abcdef').toString('base64')}`)

type Received = { readonly headers: IncomingHttpHeaders; readonly body: string }

/** A receiver that answers with these statuses, one after the other, the last for all that come later. */
async function receiving(
  statuses: readonly number[],
  use: (url: string, received: readonly Received[]) => Promise<void>,
): Promise<void> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => (body += part))
    request.on('end', () => {
      const status = statuses[Math.min(received.length, statuses.length - 1)] ?? 200
      received.push({ headers: request.headers, body })
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function delivered(
  hook: Hook,
  outbox: Outbox,
  use: (said: readonly string[]) => Promise<void>,
): Promise<{ sent: number; failed: number }> {
  const stop = new AbortController()
  const said: string[] = []
  const courier = deliver(hook, { secret, token: 't' }, outbox, {
    now: () => nowMs,
    say: (message) => said.push(message),
    signal: stop.signal,
  })
  courier.nudge()
  await use(said)
  stop.abort()
  await courier.done
  return { sent: courier.sent(), failed: courier.failed() }
}

test('a message is signed over its id, its time and its body, so that its receiver can check it', async () => {
  await receiving([200], async (url, received) => {
    const outbox = new Outbox(null)
    outbox.add('{"a":"é"}', nowMs)
    await delivered(hookOf(url), outbox, () => until(() => outbox.size === 0))
    const [{ headers, body } = assert.fail()] = received
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
    assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`)
    assert.equal(headers['x-signature'], createHmac('sha256', secret).update(body).digest('base64'))
    assert.deepEqual(
      [headers['x-team'], headers.authorization, headers['webhook-timestamp']],
      ['ops', 'Bearer t', String(nowMs / 1000)],
    )
    assert.equal(body, '{"a":"é"}')
  })
})

test('a receiver that is down is asked again, with the same id, and in order', async () => {
  await receiving([503, 429, 200], async (url, received) => {
    const outbox = new Outbox(null)
    outbox.add('1', nowMs)
    outbox.add('2', nowMs)
    const counts = await delivered(hookOf(url), outbox, () => until(() => outbox.size === 0))
    assert.deepEqual(
      received.map(({ body }) => body),
      ['1', '1', '1', '2'],
    )
    assert.equal(new Set(received.slice(0, 3).map(({ headers }) => headers['webhook-id'])).size, 1)
    assert.deepEqual(counts, { sent: 2, failed: 0 })
  })
})

test('what a receiver refuses is given up at once and told; so is a redirect, which is not followed', async () => {
  for (const status of [400, 302]) {
    await receiving([status], async (url, received) => {
      const folder = scratch()
      const outbox = new Outbox(folder)
      outbox.add('1', nowMs)
      let said: readonly string[] = []
      const counts = await delivered(hookOf(url), outbox, async (lines) => {
        said = lines
        await until(() => outbox.size === 0)
      })
      assert.equal(received.length, 1)
      assert.deepEqual(counts, { sent: 0, failed: 1 })
      assert.match(said.join(), new RegExp(`given up: answered ${status}`))
      assert.equal(readdirSync(join(folder, 'dead')).length, 1)
    })
  }
})

test('after as many attempts as the hook has, a message is given up', async () => {
  await receiving([500], async (url, received) => {
    const outbox = new Outbox(null)
    outbox.add('1', nowMs)
    await delivered(hookOf(url), outbox, () => until(() => outbox.size === 0))
    assert.equal(received.length, 3)
  })
})

test('what waits outlives the program, in order; the oldest gives way when it is too much', () => {
  const folder = scratch()
  const first = new Outbox(folder, { messages: 3, bytes: 1000, dead: 2 })
  for (const body of ['1', '2', '3', '4']) first.add(body, nowMs)
  assert.deepEqual([first.size, first.dropped], [3, 1])
  const second = new Outbox(folder, { messages: 3, bytes: 1000, dead: 2 })
  const bodies: string[] = []
  for (let message = second.first(); message !== null; message = second.first()) {
    bodies.push(message.body)
    second.remove(message.id)
  }
  assert.deepEqual(bodies, ['2', '3', '4'])
  second.add('x'.repeat(2000), nowMs)
  assert.deepEqual([second.size, second.dropped], [0, 1])
  assert.equal(new Outbox(folder).size, 0)
})

test('of what was given up the newest are kept, and a file that somebody took away is no message', () => {
  const folder = scratch()
  const outbox = new Outbox(folder, { messages: 10, bytes: 1000, dead: 2 })
  for (const body of ['1', '2', '3']) {
    outbox.add(body, nowMs)
    outbox.bury(outbox.first()?.id ?? '')
  }
  assert.equal(readdirSync(join(folder, 'dead')).length, 2)
  outbox.add('4', nowMs)
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) rmSync(join(folder, name))
  assert.equal(outbox.first(), null)
  const handle = openSync(join(folder, 'other.txt'), 'w')
  writeSync(handle, 'x')
  closeSync(handle)
  assert.equal(new Outbox(folder).size, 0)
})
