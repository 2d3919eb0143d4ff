import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { createClient } from '../src/collect/forward/client.ts'
import { forward, type ForwarderOptions, type Source } from '../src/collect/forward/forwarder.ts'
import { lockFolder } from '../src/lib/io/folder-lock.ts'
import type { Status } from '../src/collect/forward/status.ts'
import { keepIdentity, knownIdentity, ownKey } from '../src/cli/forward/identity.ts'
import { signEnvelope } from '../src/keys/sign-envelope.ts'
import { runproof } from '../src/sensors/runproof/connector.ts'
import { watchRecord } from '../src/sensors/runproof/record.ts'
import { RunproofError, type ErrorCode } from '../core/model/errors.ts'
import { receiving, type Receiving, type Weather } from './forward-service.ts'
import { root, run, sample } from './sample.ts'
import { anybody } from './service-parts.ts'
import { inviteSensor } from '../src/access/sensors.ts'
import { readSettings } from '../src/service/settings/settings.ts'
import { startService } from '../src/service/service.ts'
import { readEvidence } from '../src/store/evidence/evidence.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-forward-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const credentials = { id: 'a1b2c3', secret: 'hush' }
const pace = { lines: 5, bytes: 4096, lineBytes: 2000, waitMs: 20, lookMs: 5, graceMs: 20, lastMs: 3000 }

type World = {
  readonly service: Receiving
  readonly folder: string
  readonly log: string
  readonly said: string[]
  readonly statuses: Status[]
  readonly options: (source: Source, more?: Partial<ForwarderOptions>) => ForwarderOptions
  /** Runs a forwarder until `done`, then stops it; resolves to the batches that still wait. */
  readonly until: (source: Source, done: () => boolean, more?: Partial<ForwarderOptions>) => Promise<number>
}

async function world(t: TestContext): Promise<World> {
  const folder = mkdtempSync(join(scratch, 'w-'))
  const state = join(folder, 'state')
  const key = ownKey(state)
  const service = await receiving({ ...credentials, pem: key.pem })
  t.after(() => service.close())
  const [said, statuses]: [string[], Status[]] = [[], []]
  const options: World['options'] = (source, more = {}) => ({
    sensor: 'falco',
    node: { name: 'n1', isGiven: true },
    source,
    folder: state,
    client: createClient({ server: service.url }),
    sender: { ...credentials, sign: (type, payload) => signEnvelope(key, type, payload) },
    record: watchRecord,
    encoding: 'gzip',
    spoolBytes: 1e9,
    heartbeatMs: 3_600_000,
    scrape: null,
    now: Date.now,
    say: (message) => said.push(message),
    onStatus: (status) => statuses.push(status),
    pace,
    ...more,
  })
  const until: World['until'] = async (source, done, more) => {
    const stop = new AbortController()
    const given = options(source, more)
    const running = forward(given, stop.signal)
    try {
      await Promise.race([running, becomes(done)])
    } finally {
      stop.abort()
    }
    try {
      return await running
    } finally {
      given.client.close()
    }
  }
  return { service, folder, log: join(folder, 'falco.log'), said, statuses, options, until }
}

async function becomes(done: () => boolean): Promise<void> {
  const patience = Date.now() + 30_000
  while (!done()) {
    if (Date.now() > patience) throw new Error('it never came to that')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const file = (path: string, from: 'start' | 'end' = 'start'): Source => ({ kind: 'file', path, from })
const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `{"n":${from + index}}`)
const recordsIn = (lines: readonly string[]): Record<string, unknown>[] =>
  lines.flatMap((line) => {
    const value = JSON.parse(line) as Record<string, unknown>
    return value['runproof'] === undefined ? [] : [value]
  })
const eventsIn = (lines: readonly string[]): readonly string[] => lines.filter((line) => !line.includes('"runproof"'))

/** Weather that comes once, in this order, and then is fair. */
const forecast = (...days: Weather[]) => {
  return (): Weather => days.shift() ?? 'fair'
}

for (const encoding of ['gzip', 'zstd'] as const) {
  test(`lines arrive once and in order, in signed, numbered ${encoding} batches that name one another`, async (t) => {
    const { service, log, until } = await world(t)
    writeFileSync(log, `${numbered(1, 23).join('\n')}\n{"half":`)
    assert.equal(await until(file(log), () => service.lines().length >= 23, { encoding }), 0)
    assert.deepEqual(service.lines(), numbered(1, 23))
    const whole = service.received.filter(({ lines }) => lines.length > 0)
    assert.ok(whole.every(({ lines, header }) => lines.length <= pace.lines && header.count === lines.length))
    assert.ok(whole.every((batch) => batch.encoding === encoding))
    assert.deepEqual(
      service.received.map(({ header }) => header.seq),
      service.received.map((_, index) => index + 1),
    )
    assert.equal(new Set(service.received.map(({ header }) => header.stream)).size, 1)
  })
}

test('whatever the weather: every line once and in order', async (t) => {
  const { service, log, until, said } = await world(t)
  writeFileSync(log, `${numbered(1, 30).join('\n')}\n`)
  service.setWeather(
    forecast('hangUp', { status: 503 }, 'forgetAnswer', 'fair', 'forgetAnswer', { status: 502 }, 'hangUp', 'fair'),
  )
  await until(file(log), () => service.lines().length >= 30)
  assert.deepEqual(service.lines(), numbered(1, 30))
  assert.ok(said.some((message) => message.startsWith('not delivered, trying again')))
  assert.ok(said.includes('the service takes batches again'))
})

test('who asks for time gets it', async (t) => {
  const { service, log, until } = await world(t)
  writeFileSync(log, '{"n":1}\n')
  service.setWeather(forecast({ status: 429, headers: { 'retry-after': '1' } }))
  await until(file(log), () => service.lines().length >= 1)
  const [first = 0, second = 0] = service.times
  assert.ok(second - first >= 1000, `it came back after ${second - first} ms`)
})

test('a restart goes on where the last one was, in the same stream', async (t) => {
  const { service, log, until } = await world(t)
  writeFileSync(log, `${numbered(1, 7).join('\n')}\n`)
  await until(file(log), () => service.lines().length >= 7)
  appendFileSync(log, `${numbered(8, 12).join('\n')}\n`)
  await until(file(log), () => service.lines().length >= 12)
  assert.deepEqual(service.lines(), numbered(1, 12))
  assert.equal(service.links.size, 1)
})

test('what waits while the service is away is sent later, by another process just the same', async (t) => {
  const { service, log, until, statuses } = await world(t)
  service.setWeather(() => 'hangUp')
  writeFileSync(log, `${numbered(1, 12).join('\n')}\n`)
  const left = await until(file(log), () => (statuses.at(-1)?.spool.batches ?? 0) >= 3, { pace: { ...pace, lastMs: 50 } })
  assert.ok(left >= 3)
  assert.match(statuses.at(-1)?.error ?? '', /does not answer/)
  // The log may go: what was read of it is safe.
  rmSync(log)
  service.setWeather(() => 'fair')
  assert.equal(await until(file(log), () => service.lines().length >= 12), 0)
  assert.deepEqual(eventsIn(service.lines()), numbered(1, 12))
})

for (const [status, code] of [
  [401, 'access.unauthenticated'],
  [403, 'access.denied'],
  [422, 'request.invalid'],
] as const satisfies readonly (readonly [number, ErrorCode])[]) {
  test(`${status} again and again: it ends with ${code}, and nothing is lost`, async (t) => {
    const { service, log, until } = await world(t)
    writeFileSync(log, '{"n":1}\n')
    service.setWeather(() => ({ status }))
    const refused = (error: unknown): boolean =>
      error instanceof RunproofError && error.code === code && error.message.includes('the weather')
    await assert.rejects(
      until(file(log), () => false),
      refused,
    )
    service.setWeather(() => 'fair')
    await until(file(log), () => service.lines().length >= 1)
    assert.deepEqual(service.lines(), ['{"n":1}'])
  })
}

test('the service has more of the stream than we remember: on from there', async (t) => {
  const { service, log, until, said } = await world(t)
  writeFileSync(log, `${numbered(1, 12).join('\n')}\n`)
  // Two answers in a row get lost, and so does the first of the two batches on our side of the wire.
  let taken = 0
  service.setWeather(() => 'forgetAnswer')
  await until(file(log), () => (taken = service.received.length) >= 1, { pace: { ...pace, lastMs: 50 } })
  const [first] = service.received
  assert.ok(first && taken >= 1)
  service.setWeather(() => 'fair')
  // As if the next one had come by, too: its number and digest are those that wait in the spool.
  const folder = join(scratch, 'nowhere')
  assert.ok(!existsSync(folder))
  const stream = [...service.links.keys()][0] ?? ''
  const next = spooled(t, log, stream)[1]
  assert.ok(next)
  service.links.set(stream, { seq: next.seq, digest: next.digest })
  await until(file(log), () => service.lines().includes('{"n":12}'))
  assert.ok(said.some((message) => message.includes(`going on from ${next.seq + 1}`)))
  assert.equal(service.links.size, 1)
})

/** Number and digest of what waits in the spool beside a log. */
function spooled(_t: TestContext, log: string, stream: string): readonly { readonly seq: number; readonly digest: string }[] {
  const folder = join(log, '..', 'state', 'spool', `stream-${stream}`)
  return readdirSync(folder)
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8').split('\n')[0] ?? '') as { seq: number; digest: string })
}

test('the service was put back from a backup: a new stream, and a record of what nobody can prove any more', async (t) => {
  const { service, log, until, said } = await world(t)
  writeFileSync(log, `${numbered(1, 12).join('\n')}\n`)
  await until(file(log), () => service.lines().length >= 12)
  const [stream, link] = [...service.links][0] ?? assert.fail()
  assert.ok(link.seq >= 3)
  service.links.delete(stream)
  appendFileSync(log, `${numbered(13, 14).join('\n')}\n`)
  await until(file(log), () => service.lines().includes('{"n":14}'))
  assert.deepEqual(eventsIn(service.lines()), numbered(1, 14))
  assert.equal(service.links.size, 1)
  const [loss] = recordsIn(service.lines())
  assert.ok(loss)
  assert.deepEqual(
    [loss['kind'], loss['sensor'], loss['node'], loss['dropped'], loss['reason']],
    ['loss', 'falco', 'n1', null, 'new_stream'],
  )
  assert.ok(String(loss['from']) <= String(loss['to']))
  assert.ok(said.some((message) => message.includes('has forgotten batches 1 to')))
})

test('another batch of the same number: it ends, as nobody can tell which is true', async (t) => {
  const { service, log, until } = await world(t)
  writeFileSync(log, '{"n":1}\n')
  await until(file(log), () => service.lines().length >= 1)
  const [stream, link] = [...service.links][0] ?? assert.fail()
  service.links.set(stream, { seq: link.seq + 1, digest: 'f'.repeat(64) })
  appendFileSync(log, '{"n":2}\n')
  await assert.rejects(
    until(file(log), () => false),
    { code: 'batch.conflict' },
  )
})

test('a spool that the disk gives back damaged goes on as a new stream, with a record instead of what is gone', async (t) => {
  const { service, log, until, statuses } = await world(t)
  service.setWeather(() => 'hangUp')
  writeFileSync(log, `${numbered(1, 12).join('\n')}\n`)
  await until(file(log), () => (statuses.at(-1)?.spool.batches ?? 0) >= 3, { pace: { ...pace, lastMs: 50 } })
  const folder = join(log, '..', 'state', 'spool', `stream-${statuses.at(-1)?.stream}`)
  const damaged = readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .find((path) => readFileSync(path).length > 0 && /"count":5/.test(readFileSync(path, 'latin1')))
  assert.ok(damaged)
  const bytes = readFileSync(damaged)
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
  writeFileSync(damaged, bytes)
  service.setWeather(() => 'fair')
  await until(file(log), () => service.lines().includes('{"n":12}'))
  assert.deepEqual(eventsIn(service.lines()), numbered(6, 12))
  assert.equal(recordsIn(service.lines())[0]?.['reason'], 'spool_damaged')
})

test('a full spool stops the reading of a file; nothing is lost and the bound holds', async (t) => {
  const { service, log, until, statuses, said } = await world(t)
  service.setWeather(() => 'hangUp')
  const lines = Array.from({ length: 200 }, (_, index) => `{"n":${index},"x":"${randomText(700)}"}`)
  writeFileSync(log, `${lines.join('\n')}\n`)
  const more = { spoolBytes: 60_000, pace: { ...pace, lastMs: 50 } }
  await until(file(log), () => statuses.at(-1)?.spool.isFull === true, more)
  assert.ok(statuses.every(({ spool }) => spool.bytes <= 60_000))
  assert.ok(said.some((message) => message.startsWith('the spool is full')))
  service.setWeather(() => 'fair')
  await until(file(log), () => service.lines().length >= 200, { spoolBytes: 60_000 })
  assert.deepEqual(service.lines(), lines)
  assert.ok(statuses.every(({ spool }) => spool.bytes <= 60_000))
})

test('a full spool drops the newest lines of a stream, and says how many between when', async (t) => {
  const { service, until, statuses } = await world(t)
  service.setWeather(() => 'hangUp')
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => (end = resolve))
  const source: Source = {
    kind: 'stream',
    async *stream() {
      for (let n = 0; n < 300; n++) yield Buffer.from(`{"n":${n},"x":"${randomText(700)}"}\n`)
      await becomes(() => statuses.at(-1)?.spool.isFull === true && (statuses.at(-1)?.dropped ?? 0) > 0)
      service.setWeather(() => 'fair')
      await becomes(() => recordsIn(service.lines()).length > 0)
      yield Buffer.from('{"n":1000}\n{"n":1001}')
      await ended
    },
  }
  await until(source, () => service.lines().includes('{"n":1000}'), { spoolBytes: 60_000 })
  end()
  const numbers = eventsIn(service.lines()).map((line) => (JSON.parse(line) as { n: number }).n)
  const kept = numbers.filter((n) => n < 300)
  assert.deepEqual(
    kept,
    kept.map((_, index) => index),
    'the newest were dropped, none in between',
  )
  const losses = recordsIn(service.lines())
  assert.equal(losses.length, 1)
  assert.deepEqual(
    [losses[0]?.['kind'], losses[0]?.['reason'], losses[0]?.['dropped']],
    ['loss', 'spool_full', 300 - kept.length],
  )
  assert.ok(String(losses[0]?.['from']) <= String(losses[0]?.['to']))
  assert.ok(statuses.every(({ spool }) => spool.bytes <= 60_000))
})

test('the end of a stream sends all of it, the last line too, and ends', async (t) => {
  const { service, options } = await world(t)
  const source: Source = {
    kind: 'stream',
    // oxlint-disable-next-line typescript/require-await
    async *stream() {
      yield Buffer.from('{"n":1}\n{"n":')
      yield Buffer.from('2}')
    },
  }
  const given = options(source)
  assert.equal(await forward(given, new AbortController().signal), 0)
  given.client.close()
  assert.deepEqual(service.lines(), ['{"n":1}', '{"n":2}'])
})

test('a line that is too long becomes a record of its loss', async (t) => {
  const { service, log, until } = await world(t)
  writeFileSync(log, `{"n":1}\n{"x":"${'y'.repeat(5000)}"}\n{"n":2}\n`)
  await until(file(log), () => service.lines().length >= 3)
  const [first, loss, last] = service.lines()
  assert.deepEqual([first, last], ['{"n":1}', '{"n":2}'])
  const reading = runproof.read(JSON.parse(loss ?? '') as Parameters<typeof runproof.read>[0])
  assert.ok(reading.class === 'health' && reading.watch[0]?.kind === 'loss')
  assert.deepEqual([reading.instance, reading.watch[0].dropped], [{ sensor: 'falco', node: 'n1' }, 1])
})

test('a silent sensor’s forwarder is heard: empty batches, which are links of the chain', async (t) => {
  const { service, log, until } = await world(t)
  await until(file(log), () => service.received.length >= 3, { heartbeatMs: 50 })
  assert.deepEqual(
    service.received.slice(0, 3).map(({ header }) => [header.seq, header.count, header.body.bytes]),
    [
      [1, 0, 0],
      [2, 0, 0],
      [3, 0, 0],
    ],
  )
})

async function metrics(t: TestContext, text: () => string | null): Promise<string> {
  const server: Server = createServer((_request, response) => {
    const body = text()
    response.writeHead(body === null ? 404 : 200, { 'content-type': 'text/plain; version=0.0.4' }).end(body ?? '')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
}

test('the sensor’s own counters come along, and an endpoint that fails is a fault, not silence', async (t) => {
  const { service, log, until } = await world(t)
  let text: string | null = 'falcosecurity_evt_hostname_info{hostname="node-a"} 1\nfalcosecurity_scap_n_evts_total 7\n'
  const url = await metrics(t, () => text)
  const node = { name: 'this-host', isGiven: false }
  const kinds = (): readonly unknown[] => recordsIn(service.lines()).map(({ kind }) => kind)
  await until(
    file(log),
    () => {
      if (kinds().includes('counters')) text = kinds().includes('fault') ? 'node_load1 1\n' : null
      return (
        kinds().filter((kind) => kind === 'fault').length >= 2 &&
        JSON.stringify(recordsIn(service.lines())).includes('no metrics of falco')
      )
    },
    { node, scrape: { url, everyMs: 40 } },
  )
  const [counters] = recordsIn(service.lines())
  assert.deepEqual(
    [counters?.['kind'], counters?.['sensor'], counters?.['node'], counters?.['received']],
    ['counters', 'falco', 'node-a', 7],
  )
  const fault = recordsIn(service.lines()).find(({ kind }) => kind === 'fault')
  assert.deepEqual(
    [fault?.['lasting'], fault?.['node'], fault?.['what']],
    [false, 'node-a', 'its metrics could not be read: it answered 404'],
  )
})

test('plain http to another machine is refused before anything is sent', () => {
  assert.throws(() => createClient({ server: 'http://192.0.2.7' }), { code: 'usage', message: /insecure-http/ })
  assert.throws(() => createClient({ server: 'ftp://127.0.0.1' }), { code: 'usage' })
  assert.throws(() => createClient({ server: 'https://me:secret@runproof.example' }), { code: 'usage' })
  for (const server of ['https://runproof.example', 'http://127.0.0.1:1', 'http://localhost', 'http://[::1]:2'])
    createClient({ server }).close()
  createClient({ server: 'http://192.0.2.7', insecureHttp: true }).close()
})

test('one memory is for one forwarder', () => {
  const folder = mkdtempSync(join(scratch, 'lock-'))
  const unlock = lockFolder(folder, 'taken')
  assert.throws(() => lockFolder(folder, 'taken'), { code: 'store.busy' })
  unlock()
  lockFolder(folder, 'taken')()
})

test(
  'enrolled with a one-time token at the real service, what a sensor writes is folded there; the token is good once',
  { timeout: 60_000 },
  async (t) => {
    const [data, folder] = [mkdtempSync(join(scratch, 'data-')), mkdtempSync(join(scratch, 'real-'))]
    const { settings } = readSettings({ file: null, env: { RUNPROOF_LISTEN_PORT: '0', RUNPROOF_LOG_LEVEL: 'error' } })
    const service = await startService({ data, settings, passphrase: null, version: 'test', log: { write: () => {} } })
    let isStopped = false
    const stop = async (): Promise<void> => {
      if (!isStopped) await service.stop()
      isStopped = true
    }
    t.after(stop)
    const { token } = inviteSensor(
      service.access.world,
      { ...anybody, permissions: null },
      {
        scopes: [{ application: '*', environment: '*' }],
        minutes: 5,
      },
    )
    writeFileSync(join(folder, 'token'), `${token}\n`)
    const asked = [
      'forward',
      'enrol',
      '--server',
      service.address,
      '--token-file',
      'token',
      '--name',
      'node-a-falco',
      '--sensor',
      'falco',
    ]
    const enrolled = await run([...asked, '--state', 'state'], { cwd: folder })
    assert.equal(enrolled.code, 0, enrolled.err)
    const state = join(folder, 'state')
    for (const name of ['key.pem', 'identity.json']) assert.equal(statSync(join(state, name)).mode & 0o777, 0o600)
    const { id, secret } = knownIdentity(state)
    assert.ok(!`${enrolled.out}${enrolled.err}`.includes(secret))

    const falco = readFileSync(join(sample, 'events', 'falco.ndjson'))
    const sent = await run(['forward', '--state', 'state', '-'], { cwd: folder, input: falco })
    assert.equal(sent.code, 0, sent.err)
    const { stream, acknowledged } = JSON.parse((await run(['forward', 'status', '--state', state, '--json'])).out) as Status
    assert.ok(acknowledged.seq > 0)
    const evidence = readEvidence(join(data, 'evidence.db'))
    t.after(() => evidence.close())
    await becomes(() => evidence.streamOf(id, stream)?.seq === acknowledged.seq)

    const again = await run([...asked, '--state', 'state'], { cwd: folder })
    assert.ok(again.code === 64 && again.err.includes('is enrolled already'), again.err)
    const twice = await run([...asked, '--state', 'other'], { cwd: folder })
    assert.ok(twice.code === 3 && twice.err.includes('access.unauthenticated'), twice.err)
    await stop()
    const nobody = await run([...asked, '--state', 'other'], { cwd: folder })
    assert.ok(nobody.code === 3 && nobody.err.includes('service.unreachable'), nobody.err)
  },
)

const KILLS = 6

test('killed again and again over a growing, rotating log: every line once and in order', { timeout: 180_000 }, async (t) => {
  const { service, folder, log } = await world(t)
  const state = join(folder, 'state')
  keepIdentity(state, { ...credentials, server: service.url, name: 'n1-falco', sensor: 'falco' })
  service.setWeather(() => (Math.random() < 0.1 ? 'forgetAnswer' : Math.random() < 0.1 ? 'hangUp' : 'fair'))

  const memory = join(state, 'spool', 'state.json')
  const hasBegun = (): boolean => existsSync(memory) && readFileSync(memory, 'utf8').includes('"inode"')
  let [written, rotations] = [0, 0]
  const isOver = { value: false }
  t.after(() => (isOver.value = true))
  const writer = (async () => {
    while (!isOver.value) {
      const count = 1 + Math.floor(Math.random() * 400)
      const lines = numbered(written + 1, written + count).join('\n')
      // In two writes: a reader may come in the middle of a line.
      const cut = Math.floor(Math.random() * lines.length)
      appendFileSync(log, lines.slice(0, cut))
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
      appendFileSync(log, `${lines.slice(cut)}\n`)
      written += count
      // What was rotated away before the first start is history, and not to be forwarded.
      if (hasBegun() && Math.random() < 0.06) renameSync(log, `${log}.${1000 - rotations++}`)
      await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 20))
    }
    if (!existsSync(log)) writeFileSync(log, '')
  })()

  for (let kill = 0; kill < KILLS; kill++) {
    const child = forwarder(t, state, log)
    const seen = service.received.length
    await becomes(() => service.received.length > seen + Math.floor(Math.random() * 3))
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 400))
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    assert.deepEqual(await gone, [null, 'SIGKILL'])
  }
  isOver.value = true
  await writer
  service.setWeather(() => 'fair')
  const last = forwarder(t, state, log)
  await becomes(() => service.lines().at(-1) === `{"n":${written}}`)
  const ended = once(last, 'exit')
  last.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null])
  assert.ok(rotations > 0 && written > 1000, `${written} lines, ${rotations} rotations`)
  const arrived = new Set(service.lines())
  assert.deepEqual(
    numbered(1, written).filter((line) => !arrived.has(line)),
    [],
    'lines are missing',
  )
  assert.equal(service.lines().length, written)
  assert.deepEqual(service.lines(), numbered(1, written))
  assert.equal(service.links.size, 1)

  const shown = await run(['forward', 'status', '--state', state, '--json'])
  assert.equal(shown.code, 0, shown.err)
  const status = JSON.parse(shown.out) as Status
  assert.deepEqual([status.sensor, status.spool.batches, status.error], ['falco', 0, null])
  assert.equal(status.position?.offset, statSync(status.position?.file ?? '').size)
  assert.match((await run(['forward', 'status', '--state', state])).out, /^as of .*\nsensor {8}falco/)
})

function forwarder(t: TestContext, state: string, log: string): ChildProcess {
  const child = spawn(process.execPath, [join(root, 'src/main.ts'), 'forward', log, '--state', state, '--node', 'n1'], {
    stdio: ['ignore', 'inherit', 'ignore'],
  })
  t.after(() => child.kill('SIGKILL'))
  return child
}

/** Bytes that do not pack. */
function randomText(length: number): string {
  return Array.from({ length }, () => Math.floor(Math.random() * 36).toString(36)).join('')
}

for (const [argv, why] of [
  [['--sensor', 'falco'], '--state is missing'],
  [['--state', 'nowhere', '--sensor', 'falco'], 'no forwarder is enrolled'],
  [['status', '--state', 'nowhere'], 'no forwarder has run'],
  [['enrol', '--state', 's'], '--server is missing'],
  [
    ['enrol', '--server', 'http://127.0.0.1:1', '--state', 's', '--name', 'n', '--sensor', 'sonar', '--token-file', 't'],
    'there is no sensor',
  ],
] as const) {
  test(`refused: forward ${argv.join(' ')}`, async () => {
    const { code, err } = await run(['forward', ...argv])
    assert.ok(code === 64 || code === 3)
    assert.ok(err.includes(why), err)
  })
}

test('options that cannot be are refused with what they take', async () => {
  const folder = mkdtempSync(join(scratch, 'options-'))
  ownKey(folder)
  keepIdentity(folder, { ...credentials, server: 'http://127.0.0.1:1', name: 'n', sensor: 'kubearmor' })
  for (const [option, value] of [
    ['--spool', '1KB'],
    ['--spool', 'much'],
    ['--compress', 'brotli'],
    ['--heartbeat', 'often'],
    ['--from', 'middle'],
    ['--scrape', 'http://127.0.0.1:1/metrics'],
    ['--cert', 'x.pem'],
    ['--server', 'http://192.0.2.1'],
  ] as const) {
    const { code, err } = await run(['forward', '--state', folder, option, value])
    assert.equal(code, 64, `${option} ${value}: ${err}`)
  }
})
