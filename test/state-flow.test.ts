// From a gossfile to a verdict: what a control that demands state checks makes of runs that pass, fail, cannot judge, or do not happen.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { observe } from '../src/cli/state/observe.ts'
import type { Io } from '../src/cli/command.ts'
import { run, scratch } from './sample.ts'

const hours = ['07', '08', '09', '10', '11', '12']
const window = ['--from', '2026-03-02T08:00:00Z', '--to', '2026-03-02T12:00:00Z']

/** A policy over one file, in a folder of its own. */
function bundle({ mode = 0o640, more = '' } = {}): string {
  const folder = scratch()
  mkdirSync(join(folder, 'checks'))
  writeFileSync(join(folder, 'secret.conf'), 'x')
  chmodSync(join(folder, 'secret.conf'), mode)
  const gossfile = `
file:
  ${join(folder, 'secret.conf')}:
    title: The configuration is private
    exists: true
    mode: "0640"
    severity: high
    remediation: chmod 0640 secret.conf and restart
${more}`
  writeFileSync(join(folder, 'checks', 'host.yaml'), gossfile)
  const policies = `
Policies:
  - id: HOST-001
    type: runtime
    enforcement: [{environment: all, fatal: "true", exceptions: development}]
    metadata: {name: Hosts, tags: [cis], score: "8"}
    _runtime: {config: checks/host.yaml}
`
  writeFileSync(join(folder, 'policies.yaml'), policies)
  return folder
}

const audit = (folder: string, ...more: readonly string[]) =>
  run(['state', 'audit', '--policies', 'policies.yaml', ...more], { cwd: folder })

type Told = Readonly<Record<string, unknown>> & { readonly node: string; readonly kind: string }

/** The records of a real run, as if it had been at these hours of 2 March. */
async function recordsAt(
  folder: string,
  at: readonly string[],
): Promise<{ readonly lines: readonly string[]; readonly node: string }> {
  const ran = await audit(folder, '--to', 'records.ndjson', '-o', 'audit.sarif')
  assert.ok(ran.code < 64, ran.err)
  const records = readFileSync(join(folder, 'records.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Told)
  const lines = at.flatMap((hour) =>
    records.map((record) => {
      const [begun, ended] = [`2026-03-02T${hour}:00:00.000Z`, `2026-03-02T${hour}:00:05.000Z`]
      return JSON.stringify({ ...record, at: ended, ...(record.kind === 'counters' && { reloadedAt: begun }) })
    }),
  )
  return { lines, node: records[0]?.node ?? assert.fail('no record') }
}

type Outcome = {
  readonly verdict: string
  readonly controls: readonly {
    readonly verdict: string
    readonly reasons: readonly { readonly code: string; readonly message: string }[]
  }[]
  readonly files: { readonly audit: string; readonly page: string; readonly trust: string }
}

async function assessed(folder: string, lines: readonly string[], node: string, suite?: string): Promise<Outcome> {
  const manifest = {
    apiVersion: 'runproof.dev/v1',
    kind: 'AssuranceManifest',
    metadata: { name: 'shop', version: '1.0.0', owner: 'Shop Team' },
    scope: { application: 'shop', environment: 'prod', workloads: [{ name: 'web', class: 'vm', nodes: [node] }] },
    // Every hour: more than 70 minutes between two runs are a gap.
    sensors: [{ name: 'state-host-001', nodes: [node], interval: '35m', ...(suite !== undefined && { policies: { suite } }) }],
    window: { every: '4h' },
    controls: [
      {
        id: 'hosts.configuration',
        title: 'Configuration is private',
        behaviour: 'state',
        evidence: { 'state-host-001': ['*'] },
        remediation: 'Call the platform team',
      },
    ],
  }
  mkdirSync(join(folder, 'assurance'), { recursive: true })
  writeFileSync(join(folder, 'assurance', 'manifest.yaml'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'events.ndjson'), `${lines.join('\n')}\n`)
  const ran = await run(['assess', '--bundle', 'assurance', '--unsigned', '--events', 'events.ndjson', ...window, '--json'], {
    cwd: folder,
  })
  assert.ok(ran.code < 3, ran.err)
  return JSON.parse(ran.out) as Outcome
}

test('checks that pass every hour make the control pass, and the sensor has been described', async () => {
  const folder = bundle()
  const { lines, node } = await recordsAt(folder, hours)
  const outcome = await assessed(folder, lines, node)
  assert.equal(outcome.verdict, 'pass', JSON.stringify(outcome.controls))
})

test('a failing check makes the control fail, with what to do about it in report, explanation and page', async () => {
  const folder = bundle({ mode: 0o666 })
  const [good, bad] = [await recordsAt(bundle(), hours), await recordsAt(folder, ['10'])]
  const lines = [...good.lines.filter((line) => !line.includes('T10:')), ...bad.lines]
  const outcome = await assessed(folder, lines, bad.node)
  assert.deepEqual([outcome.verdict, outcome.controls[0]?.verdict], ['fail', 'fail'])
  const shown = await run(['show', outcome.files.audit], { cwd: folder })
  const explained = await run(['explain', outcome.files.audit, 'hosts.configuration'], { cwd: folder })
  const page = readFileSync(outcome.files.page, 'utf8')
  for (const text of [shown.out, explained.out, page].map((one) => one.replaceAll(/\s+/g, ' '))) {
    assert.match(text, /chmod 0640 secret\.conf and restart/)
    assert.match(text, /0666/)
  }
  assert.match(explained.out, /Call the platform team/)
  const verified = await run(['verify', outcome.files.audit, '--trust', outcome.files.trust], { cwd: folder })
  assert.equal(verified.code, 0, verified.out)
})

test('an hour without a run leaves the control inconclusive, and the gap is named', async () => {
  const folder = bundle()
  const { lines, node } = await recordsAt(
    folder,
    hours.filter((hour) => hour !== '10'),
  )
  const outcome = await assessed(folder, lines, node)
  assert.equal(outcome.verdict, 'inconclusive')
  assert.match(outcome.controls[0]?.reasons[0]?.message ?? '', /blind: state-host-001 on .* from 2026-03-02T09:00/)
})

test('a run in which a check could not be judged leaves it inconclusive, and the check is named', async () => {
  const folder = bundle()
  const { lines, node } = await recordsAt(folder, hours)
  const broken = bundle({ more: 'kernel-param: {net.no_such_parameter: {value: "1"}}\n' })
  const unclear = await recordsAt(broken, ['10'])
  const outcome = await assessed(folder, [...lines.filter((line) => !line.includes('T10:')), ...unclear.lines], node)
  assert.equal(outcome.verdict, 'inconclusive')
  assert.match(JSON.stringify(outcome.controls), /1 of 3 checks could not be judged: kernel-param net\.no_such_parameter value/)
})

test('a manifest that names the digest of its checks does not accept the runs of others', async () => {
  const folder = bundle()
  const { lines, node } = await recordsAt(folder, hours)
  const counters = lines
    .map((line) => JSON.parse(line) as { kind: string; policies?: Record<string, string> })
    .find(({ kind }) => kind === 'counters')
  const suite = counters?.policies?.['suite']
  assert.ok(suite)
  assert.equal((await assessed(folder, lines, node, suite)).verdict, 'pass')
  assert.equal((await assessed(folder, lines, node, 'ab'.repeat(32))).verdict, 'inconclusive')
})

test('goss’s own report, with the host and time that it lacks, fails the control of the importer', async () => {
  const folder = scratch()
  const report = readFileSync(new URL('../src/sensors/goss/fixtures/goss-0.4.10-all-pass.json', import.meta.url), 'utf8')
  const at = (hour: string): string =>
    JSON.stringify({
      runproof: 'v1',
      kind: 'report',
      sensor: 'state-host-001',
      node: 'web-1',
      at: `2026-03-02T${hour}:00:05Z`,
      report: JSON.parse(report.replaceAll(/"2026-[^"]*"/g, '""')) as unknown,
    })
  assert.equal((await assessed(folder, hours.map(at), 'web-1')).verdict, 'pass')
  const failing = at('10').replace('"result":0', '"result":1')
  assert.equal((await assessed(folder, [...hours.filter((hour) => hour !== '10').map(at), failing], 'web-1')).verdict, 'fail')
})

// The commands

test('audit ends with 0, 1, 2 and 3 and writes SARIF', async () => {
  assert.equal((await audit(bundle())).code, 0)
  const failing = bundle({ mode: 0o666 })
  const ran = await audit(failing, '--environment', 'production')
  assert.equal(ran.code, 1)
  const report = JSON.parse(ran.out) as { version: string; runs: { results: { kind: string }[] }[] }
  assert.deepEqual([report.version, report.runs[0]?.results.map(({ kind }) => kind)], ['2.1.0', ['pass', 'fail']])
  assert.equal((await audit(failing, '--environment', 'development')).code, 0)
  const summary = await audit(failing, '--summary')
  assert.match(summary.out, /HOST-001: 1 hold, 1 fail.*\n.*secret\.conf mode\nnon-compliant$/)
  const broken = bundle()
  writeFileSync(join(broken, 'checks', 'host.yaml'), 'file: [')
  const refused = await audit(broken)
  assert.equal(refused.code, 2)
  assert.match(refused.err, /HOST-001.*cannot be used/)
  assert.equal((await audit(bundle(), '--tags-any', 'other')).code, 3)
  assert.equal((await run(['state', 'audit'])).code, 64)
  assert.equal((await run(['state', 'audit', '--policies', 'nowhere.yaml'])).code, 2)
})

test('the environment is found where the machine says it, and tags choose', async () => {
  const folder = bundle({ mode: 0o666 })
  const ran = await run(
    ['state', 'audit', '--policies', '.', '--environment', 'auto', '--tags-all', 'CIS,host-001', '--summary'],
    {
      cwd: folder,
      env: { APP_ENV: 'development' },
    },
  )
  assert.equal(ran.code, 0, ran.err)
  assert.match(ran.err, /environment development, as APP_ENV says/)
  assert.match(ran.out, /the policy accepts failures in development/)
})

test('observe --once runs, keeps the run, writes records and says how things stand', async () => {
  const folder = bundle({ mode: 0o666 })
  const argv = ['state', 'observe', '--policies', 'policies.yaml', '--once', '--results', 'runs', '--to', 'records.ndjson']
  const ran = await run(argv, { cwd: folder })
  assert.deepEqual([ran.code, ran.out], [1, 'HOST-001: failing'], ran.err)
  assert.ok(existsSync(join(folder, 'runs', 'state-host-001')))
  assert.match(readFileSync(join(folder, 'records.ndjson'), 'utf8'), /"kind":"detection"/)
  chmodSync(join(folder, 'secret.conf'), 0o640)
  assert.equal((await run(argv, { cwd: folder })).code, 0)
})

function status(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }).on('error', reject)
  })
}

test('observe sees a file change, turns its health endpoint and tells drift; it ends when it is told to', async () => {
  const folder = bundle()
  const text = readFileSync(join(folder, 'policies.yaml'), 'utf8')
  writeFileSync(join(folder, 'policies.yaml'), `${text}    observe: secret.conf\n`)
  const [stop, err]: [AbortController, string[]] = [new AbortController(), []]
  const io: Io = {
    out: () => {},
    err: (line) => err.push(line),
    interactive: false,
    columns: 100,
    colour: false,
    stdin: () => assert.fail(),
    cwd: folder,
    env: {},
    now: Date.now,
  }
  let port = 0
  const argv = [
    '--policies',
    'policies.yaml',
    '-l',
    '127.0.0.1:0',
    '--results',
    'runs',
    '--to',
    'records.ndjson',
    '--schedule',
    '0 0 1 1 *',
  ]
  const over = observe([], argv, io, { onListening: (listening) => (port = listening), signal: stop.signal })
  const until = async (wanted: number): Promise<void> => {
    for (let turn = 0; turn < 300; turn++) {
      if (port > 0 && (await status(port, '/healthz')) === wanted) return
      await sleep(50)
    }
    assert.fail(`the endpoint never answered ${wanted}: ${err.join('\n')}`)
  }
  try {
    await until(200)
    chmodSync(join(folder, 'secret.conf'), 0o666)
    await until(503)
    assert.deepEqual([await status(port, '/healthz/HOST-001'), await status(port, '/metrics')], [503, 200])
    chmodSync(join(folder, 'secret.conf'), 0o640)
    await until(200)
  } finally {
    stop.abort()
    assert.equal(await over, 0)
  }
  const records = readFileSync(join(folder, 'records.ndjson'), 'utf8').trim().split('\n')
  assert.ok(records.filter((line) => line.includes('"kind":"counters"')).length >= 3)
})

test('observe refuses to begin with a broken policy, a schedule that is none, or hooks that cannot be signed', async () => {
  const folder = bundle()
  const policies = readFileSync(join(folder, 'policies.yaml'), 'utf8')
  const tried = async (text: string, ...more: readonly string[]) => {
    writeFileSync(join(folder, 'policies.yaml'), text)
    return run(['state', 'observe', '--policies', 'policies.yaml', '--once', ...more], { cwd: folder })
  }
  assert.equal((await tried(`${policies}  - {id: x, type: runtime}\n`)).code, 2)
  assert.equal((await tried(policies, '--schedule', 'sometimes')).code, 2)
  const hooked = `${policies}\nConfig:\n  Hooks: [{name: ops, endpoint: "http://127.0.0.1:9/", event_types: [policy]}]\n`
  const unsigned = await tried(hooked)
  assert.equal(unsigned.code, 64)
  assert.match(unsigned.err, /cannot be signed/)
  assert.equal((await tried(policies, '--environment', 'x', '--tags-any', 'none')).code, 64)
})

test('validate leaves the same records: what fails, what could not be loaded, and whose run it was', async () => {
  const folder = bundle({ mode: 0o600 })
  const told = (): readonly Told[] =>
    readFileSync(join(folder, 'v.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Told)
  const ran = await run(['state', '-g', 'checks/host.yaml', 'validate', '--to', 'v.ndjson', '--sensor', 'state-nightly'], {
    cwd: folder,
  })
  assert.ok(ran.code <= 1, ran.err)
  const kinds = told().map(({ kind, sensor }) => `${kind} ${String(sensor)}`)
  assert.ok(kinds.length > 1)
  assert.equal(kinds.at(-1), 'counters state-nightly')

  writeFileSync(join(folder, 'checks', 'broken.yaml'), 'file: [')
  rmSync(join(folder, 'v.ndjson'))
  const broken = await run(['state', '-g', 'checks/broken.yaml', 'validate', '--to', 'v.ndjson'], { cwd: folder })
  assert.equal(broken.code, 78, broken.err)
  const [fault, ...more] = told()
  assert.deepEqual([fault?.kind, fault?.['sensor'], more.length], ['fault', 'state', 0])
  assert.match(String(fault?.['what']), /cannot be loaded/)
})
