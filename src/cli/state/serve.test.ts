import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Io } from '../command.ts'
import { read } from './options.ts'
import { serveOptions, startServing } from './serve.ts'

const good = 'matching:\n  a: {content: 1, matches: 1}\n'
const bad = 'matching:\n  a: {content: 1, matches: 2}\n'

async function served(t: TestContext, text: string, ...argv: readonly string[]) {
  const dir = mkdtempSync(join(tmpdir(), 'runproof-serve-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'goss.yaml')
  writeFileSync(file, text)
  let time = 0
  const io: Io = {
    out: () => {},
    err: () => {},
    interactive: false,
    columns: 100,
    colour: false,
    stdin: async function* () {},
    cwd: dir,
    env: { PATH: process.env['PATH'] },
    now: () => time,
  }
  const { url, reload, close } = await startServing(read([], ['-g', file, '-l', '127.0.0.1:0', ...argv], serveOptions, io), io)
  t.after(close)
  const ask = async (path = '', init: RequestInit = {}) => {
    const response = await fetch(`${url}${path}`, init)
    return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
  }
  return { ask, url, reload, write: (text: string) => writeFileSync(file, text), pass: (ms: number) => void (time += ms), dir }
}

const accept = (value: string): RequestInit => ({ headers: { accept: value } })

test('200 while everything passes, 503 while not, by any method and in the format that is asked for', async (t) => {
  for (const [text, status] of [
    [good, 200],
    [bad, 503],
  ] as const) {
    const { ask } = await served(t, text)
    assert.equal((await ask()).status, status)
    assert.equal((await ask('?x=1', { method: 'POST' })).status, status)
    assert.equal((await ask('', { method: 'HEAD' })).body, '')
    const json = await ask('', accept('application/json'))
    assert.deepEqual([json.status, json.type], [status, 'application/json'])
    assert.ok('results' in (JSON.parse(json.body) as object))
    const prometheus = await ask('', accept('application/vnd.goss-prometheus'))
    assert.deepEqual([prometheus.status, prometheus.type], [status, 'text/plain; version=0.0.4'])
    assert.equal((await ask('', accept('application/vnd.goss-structured'))).status, status)
    assert.equal((await ask('', accept('text/html, application/json;q=0.9'))).type, 'application/json')
  }
})

test('goss’s dialect answers 200 for the formats in which goss does, and reads one exact type', async (t) => {
  const { ask } = await served(t, bad, '--goss-compat')
  assert.equal((await ask('', accept('application/vnd.goss-structured'))).status, 200)
  assert.equal((await ask('', accept('application/json, text/html'))).type, 'application/vnd.goss-rspecish')
})

test('nothing but the endpoint and /metrics is there', async (t) => {
  const { url, ask } = await served(t, good, '-e', '/health')
  assert.ok(url.endsWith('/health'))
  assert.equal((await ask('/')).status, 404)
  const metrics = await fetch(new URL('/metrics', url))
  assert.equal(metrics.status, 200)
  assert.match(await metrics.text(), /goss_tests_outcomes_total\{outcome="pass",type="matching"\} 1/)
})

test('one run for however many ask at once; another one after the time that results are kept', async (t) => {
  const runs = join(mkdtempSync(join(tmpdir(), 'runproof-serve-runs-')), 'runs')
  t.after(() => rmSync(join(runs, '..'), { recursive: true }))
  const { ask, pass } = await served(t, `command:\n  'echo run >> ${runs}; sleep 0.1': {exit-status: 0}\n`, '-c', '1s')
  const count = (): number => readFileSync(runs, 'utf8').split('\n').length - 1
  await Promise.all([ask(), ask(), ask(), ask()])
  assert.equal(count(), 1)
  pass(999)
  await ask()
  assert.equal(count(), 1)
  pass(1)
  await ask()
  assert.equal(count(), 2)
})

test('a gossfile that changes is read again; one that is broken then is 503, and mended it is 200', async (t) => {
  const { ask, write, pass, reload } = await served(t, good)
  assert.equal((await ask()).status, 200)
  write(bad)
  assert.equal((await ask()).status, 200)
  pass(5000)
  assert.equal((await ask()).status, 503)
  write('matching: [')
  pass(5000)
  const broken = await ask()
  assert.deepEqual([broken.status, broken.type], [503, 'text/plain; charset=utf-8'])
  write(good)
  reload()
  assert.equal((await ask()).status, 200)
})

test('a gossfile that cannot be loaded does not start to be served', async (t) => {
  await assert.rejects(served(t, 'matching: ['), /yaml/)
})
