import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { builtSensor } from '../../src/guard/probes/ebpf/binary.ts'
import { whyNoTracefs } from '../../src/guard/probes/tracefs/mount.ts'
import { root, run, scratch } from '../sample.ts'

const isLinux = process.platform === 'linux'
const isRoot = process.getuid?.() === 0
/** Sensors, and why one cannot be tried here. */
const sensors: readonly (readonly [string, string | null])[] = [
  ['procfs', isLinux ? null : 'this is not Linux'],
  ['tracefs', whyNoTracefs()],
  ['ebpf', !isRoot ? 'only root may use it' : existsSync(builtSensor) ? null : 'it is not built: make -C bpf'],
]

type Line = Readonly<Record<string, unknown>> & {
  readonly kind: string
  readonly target?: { readonly name?: string; readonly path?: string }
}

/** A shell under a name that no other program on this host has, and a policy that speaks of it alone. */
function shop(entry: string, more = ''): { readonly cwd: string; readonly name: string; readonly program: string } {
  const cwd = scratch()
  const name = `rp-shop-${process.pid}`
  const program = join(cwd, name)
  copyFileSync('/bin/sh', program)
  writeFileSync(join(cwd, 'guard.yaml'), `version: '1.0'\nmode: audit\nprocesses:\n  ${name}:\n${entry}\n${more}`)
  return { cwd, name, program }
}

/** A guard in a process of its own, as an operator runs it. */
async function guarded(cwd: string, argv: readonly string[], whenUp: () => Promise<void>) {
  const guard = spawn(
    join(root, 'runproof'),
    ['guard', 'run', '--policy', 'guard.yaml', '--to', 'out.ndjson', '--control', 'c.sock', ...argv],
    { cwd },
  )
  let said = ''
  for (const stream of [guard.stdout, guard.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise<number | null>((over) => guard.once('close', over))
  try {
    for (
      let i = 0;
      i < 600 && guard.exitCode === null && !(said.includes('watching with') && existsSync(join(cwd, 'c.sock')));
      i++
    )
      await new Promise((soon) => setTimeout(soon, 50))
    assert.match(said, /watching with/)
    await whenUp()
  } finally {
    guard.kill('SIGTERM')
  }
  const code = await ended
  const text = existsSync(join(cwd, 'out.ndjson')) ? readFileSync(join(cwd, 'out.ndjson'), 'utf8') : ''
  return {
    code,
    said,
    lines: text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line),
  }
}

const soon = (ms: number): Promise<void> => new Promise((over) => setTimeout(over, ms))

for (const [sensor, why] of sensors) {
  const skip = why !== null && `${sensor} cannot be used here: ${why}`

  test(
    `${sensor}: a program that a process may not run is a record; a mode that is changed is in force and recorded`,
    { skip },
    async () => {
      const { cwd, name, program } = shop('    allowed_exec: [/usr/bin/true]\n')
      const ask = (argv: readonly string[]) => run(['guard', ...argv, '--control', 'c.sock'], { cwd })
      const { code, said, lines } = await guarded(cwd, ['--sensor', sensor, '--heartbeat', '1s'], async () => {
        // Long enough that even somebody who only looks now and then sees both.
        const first = spawn(program, ['-c', 'sleep 1; true'])
        await new Promise((over) => first.once('exit', over))
        await soon(300)
        const changed = await ask(['mode', 'alert', '--process', name])
        assert.equal(changed.code, 0, changed.err)
        const status = JSON.parse((await ask(['status', '--json'])).out) as {
          readonly processModes: object
          readonly probe: string
        }
        assert.deepEqual([status.processModes, status.probe], [{ [name]: 'alert' }, sensor])
        const second = spawn(program, ['-c', 'sleep 1; true'])
        await new Promise((over) => second.once('exit', over))
        await soon(300)
      })
      assert.equal(code, 0, said)
      const found = lines.filter(({ kind, target }) => kind === 'detection' && target?.path?.endsWith('/sleep'))
      assert.deepEqual(
        found.map(({ rule, effect, actionTaken }) => [rule, effect, actionTaken]),
        [
          [`${name}.allowed_exec`, 'observed', 'logged'],
          [`${name}.allowed_exec`, 'observed', 'alerted'],
        ],
        said,
      )
      const change = lines.find(({ target }) => target?.name === `guard/mode/alert/${name}`)
      assert.ok(change?.['proof'])
      const counters = lines.filter(({ kind }) => kind === 'counters')
      assert.ok(counters.length >= 3)
      assert.equal(counters.at(-1)?.['matched'], lines.filter(({ kind }) => kind === 'detection').length)
    },
  )
}

test(
  'ebpf in enforce: a program that may not run is ended before it does anything, and the record says so',
  { skip: sensors[2]?.[1] ?? false },
  async () => {
    const { cwd, program } = shop(`    allowed_exec: [/usr/bin/true]\n    allowed_network: []\n`)
    const mark = join(cwd, 'mark')
    const { code, said, lines } = await guarded(cwd, ['--sensor', 'ebpf', '--mode', 'enforce', '--heartbeat', '1s'], async () => {
      spawnSync(program, ['-c', `/usr/bin/touch ${mark}; true`])
      await soon(1500)
    })
    assert.equal(code, 0, said)
    assert.equal(existsSync(mark), false)
    const found = lines.find(({ kind, target }) => kind === 'detection' && target?.path === '/usr/bin/touch')
    const claim = [found?.['effect'], found?.['actionTaken']]
    assert.ok(
      JSON.stringify(claim) === '["prevented","blocked"]' || JSON.stringify(claim) === '["terminated","killed"]',
      JSON.stringify(found),
    )
  },
)

test('a limit in enforce is a kill that is proven by its end', { skip: !isLinux && 'this is not Linux' }, async () => {
  const { cwd, program } = shop('    max_memory_mb: 30\n')
  copyFileSync(process.execPath, program)
  const { code, said, lines } = await guarded(cwd, ['--sensor', 'procfs', '--mode', 'enforce'], async () => {
    const child = spawn(program, ['-e', 'setInterval(() => {}, 1000)'])
    const signal = await new Promise((over) => child.once('exit', (_, by) => over(by)))
    assert.equal(signal, 'SIGKILL')
    await soon(2500)
  })
  assert.equal(code, 0, said)
  const killed = lines.find(({ kind, effect }) => kind === 'detection' && effect === 'unknown')
  assert.ok(killed, said)
  assert.ok(lines.some(({ kind, process, signal }) => kind === 'end' && signal === 'SIGKILL' && process === killed['toKill']))
})

test(
  'a policy that is read anew by SIGHUP is in force; one that is damaged leaves the old one',
  { skip: !isLinux && 'this is not Linux' },
  async () => {
    const { cwd, name } = shop('    allowed_exec: [/usr/bin/true]\n')
    const digest = async (): Promise<string> => {
      const { out } = await run(['guard', 'status', '--json', '--control', 'c.sock'], { cwd })
      return (JSON.parse(out) as { readonly policy: { readonly digest: string } }).policy.digest
    }
    const guard = spawn(
      join(root, 'runproof'),
      ['guard', 'run', '--policy', 'guard.yaml', '--sensor', 'procfs', '--to', 'o', '--control', 'c.sock'],
      { cwd },
    )
    let said = ''
    guard.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const until = async (words: RegExp): Promise<void> => {
      for (let i = 0; i < 400 && !words.test(said); i++) await soon(50)
      assert.match(said, words)
    }
    try {
      await until(/watching with/)
      while (!existsSync(join(cwd, 'c.sock'))) await soon(20)
      const before = await digest()
      writeFileSync(join(cwd, 'guard.yaml'), 'nonsense: [')
      guard.kill('SIGHUP')
      await until(/the old policy stays/)
      assert.equal(await digest(), before)
      writeFileSync(join(cwd, 'guard.yaml'), `processes:\n  ${name}:\n    allowed_exec: [/usr/bin/false]\n`)
      guard.kill('SIGHUP')
      await until(/the policy was read anew/)
      assert.notEqual(await digest(), before)
    } finally {
      guard.kill('SIGTERM')
      await new Promise((over) => guard.once('close', over))
    }
  },
)

test('replay says what a policy would have said: 0 nothing, 1 violations, 2 something could not be read', async () => {
  const cwd = scratch()
  writeFileSync(join(cwd, 'guard.yaml'), 'processes:\n  node:\n    allowed_exec: [/usr/bin/git]\n    descendants: true\n')
  writeFileSync(join(cwd, 'loose.yaml'), 'processes:\n  other:\n    allowed_exec: [/usr/bin/git]\n')
  const falco = {
    hostname: 'n1',
    priority: 'Warning',
    rule: 'Terminal shell in container',
    source: 'syscall',
    time: '2026-03-02T10:00:00.000000001Z',
    output: 'x',
    output_fields: { 'evt.type': 'execve', 'proc.exepath': '/usr/bin/bash', 'proc.pname': 'node', 'proc.aname[1]': 'node' },
  }
  const own = `{"runproof":"v1","kind":"observation","sensor":"runproof","node":"n1","at":"2026-01-01T09:00:00Z","action":"exec","target":{"type":"binary","path":"/bin/sh"},"subject":{"executable":"/usr/bin/node"},"tags":["process:node"]}`
  writeFileSync(join(cwd, 'events.ndjson'), `${JSON.stringify(falco)}\n${own}\n`)
  const found = await run(['guard', 'replay', 'events.ndjson', '--policy', 'guard.yaml'], { cwd })
  assert.equal(found.code, 1, found.err)
  assert.match(found.out, /HIGH +node .*\/bin\/sh is not among the programs/)
  const json = await run(['guard', 'replay', 'events.ndjson', '--policy', 'guard.yaml', '--json'], { cwd })
  const [first] = json.out
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly violation?: { readonly process_name: string } })
  assert.equal(first?.violation?.process_name, 'node')
  assert.equal((await run(['guard', 'replay', 'events.ndjson', '--policy', 'loose.yaml'], { cwd })).code, 0)
  writeFileSync(join(cwd, 'damaged.ndjson'), '{"runproof":"v9","kind":"health"}\n')
  assert.equal((await run(['guard', 'replay', 'damaged.ndjson', '--policy', 'loose.yaml'], { cwd })).code, 2)
  assert.equal((await run(['guard', 'replay', 'missing.ndjson', '--policy', 'loose.yaml'], { cwd })).code, 3)
  assert.equal((await run(['guard', 'replay', '--policy', 'loose.yaml'], { cwd })).code, 64)
})

test('a policy is learned from records, can be read, and replays without a violation', async () => {
  const cwd = scratch()
  const act = (path: string, time: number): string =>
    `{"runproof":"v1","kind":"detection","sensor":"runproof","node":"n1","at":"2026-01-01T09:00:0${time}Z","rule":"x","action":"exec","target":{"type":"binary","path":"${path}"},"subject":{"executable":"/usr/bin/node"},"tags":["process:shop"]}`
  writeFileSync(join(cwd, 'seen.ndjson'), `${act('/usr/bin/git', 0)}\n${act('/usr/bin/git', 1)}\n${act('/usr/bin/env', 2)}\n`)
  const learned = await run(['guard', 'learn', 'seen.ndjson', '--out', 'learned.yaml'], { cwd })
  assert.equal(learned.code, 0, learned.err)
  assert.match(readFileSync(join(cwd, 'learned.yaml'), 'utf8'), /"\/usr\/bin\/git" # 2×/)
  assert.equal((await run(['guard', 'replay', 'seen.ndjson', '--policy', 'learned.yaml'], { cwd })).code, 0)
  assert.equal((await run(['guard', 'learn', 'seen.ndjson', '--out', 'learned.yaml'], { cwd })).code, 3)
  assert.equal((await run(['guard', 'learn', 'seen.ndjson', '--process', 'nobody'], { cwd })).code, 2)
})

test('what a host does is learned by watching it', { skip: sensors[1]?.[1] ?? false }, async () => {
  const { cwd, name, program } = shop('    allowed_exec: [/usr/bin/true]\n')
  const learning = run(['guard', 'learn', '--process', name, '--for', '3s', '--sensor', 'tracefs'], { cwd })
  const timer = setInterval(() => spawnSync(program, ['-c', '/usr/bin/env true; :']), 200)
  const { code, out, err } = await learning
  clearInterval(timer)
  assert.equal(code, 0, err)
  assert.match(out, /# Learned: observed for \d+ s with tracefs; no event was lost/)
  assert.match(out, /- "\/usr\/bin\/env" # \d+×/)
})

test('check says what a policy means here and fails where it asks for more; lint names what compat would make of it', async () => {
  const { cwd } = shop('    allowed_exec: [/usr/bin/true]\n    blocked_files: [/etc/ssh/*]\n')
  const checked = await run(['guard', 'check', 'guard.yaml', '--sensor', 'none'], { cwd })
  assert.equal(checked.code, 0, checked.err)
  assert.match(checked.out, /may run only +\/usr\/bin\/true/)
  if (isLinux) {
    const here = await run(['guard', 'check', 'guard.yaml', '--sensor', 'procfs', '--json'], { cwd })
    assert.equal(here.code, 1)
    assert.deepEqual((JSON.parse(here.out) as { readonly gaps: readonly string[] }).gaps, ['file cannot be seen here'])
  }
  const lint = await run(['guard', 'lint', 'guard.yaml', '--strict'], { cwd })
  assert.equal(lint.code, 1)
  assert.match(lint.out, /blocked_files\[0\]/)
  writeFileSync(join(cwd, 'bad.yaml'), 'mode: sleep\nprocesses: {}\n')
  const bad = await run(['guard', 'check', 'bad.yaml'], { cwd })
  assert.equal(bad.code, 3)
  assert.match(bad.err, /bad\.yaml:1:7/)
})

test('what is asked wrongly is usage, before anything is started', async () => {
  const { cwd } = shop('    allowed_exec: [/usr/bin/true]\n', 'alerts:\n  on_critical: https://alerts.example/hook\n')
  for (const [argv, words] of [
    [['run'], /--policy is missing/],
    [['run', '--policy', 'guard.yaml', '--mode', 'sleep'], /audit, alert, enforce/],
    [['run', '--policy', 'guard.yaml', '--sensor', 'crystal'], /there is no sensor/],
    [['run', '--policy', 'guard.yaml'], /--webhook-secret/],
    [['run', '--policy', 'guard.yaml', '--node', 'n', '--workload', 'a/b/c'], /NAMESPACE\/NAME/],
    [['mode', 'audit'], /--control is missing/],
    [['dance'], /there is no subcommand/],
  ] as const) {
    const ran = await run(['guard', ...argv], { cwd })
    assert.equal(ran.code, 64, ran.err)
    assert.match(ran.err, words)
  }
  assert.equal((await run(['guard', 'status', '--control', 'nobody.sock'], { cwd })).code, 3)
})
