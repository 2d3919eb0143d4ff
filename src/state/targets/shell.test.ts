// The session in every shell that this machine has, by way of an engine that is none: it writes down its arguments and starts a shell.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import * as fc from 'fast-check'
import { findTool } from '../../../test/tools/find.ts'
import { collectLocal } from '../facts/local.ts'
import { type FactBundle, type Query, type QueryOf, keyOf } from '../model/fact.ts'
import { parseTarget } from './address.ts'
import { type TargetOptions, collect, collectAll } from './collect.ts'
import { quoted } from '../facts/shell-word.ts'
import { TargetError } from './target-error.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-shell-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const at = (name: string): string => join(scratch, name)

/** Only busybox's own programs on the PATH. */
function busyboxFolder(): string | null {
  const busybox = findTool('busybox')
  if (busybox === null) return null
  mkdirSync(at('busybox'))
  const { stdout } = spawnSync(busybox, ['--list'], { encoding: 'utf8' })
  for (const name of stdout.split('\n')) if (name !== '') symlinkSync(busybox, at(`busybox/${name}`))
  return at('busybox')
}
const busybox = busyboxFolder()
const dash = findTool('dash')
const bash = findTool('bash')
const shells: readonly (readonly [name: string, command: string | null])[] = [
  ['dash', dash],
  ['bash', bash],
  ['busybox alone', busybox === null ? null : `env PATH=${busybox} ${busybox}/ash`],
]

/** `docker` that writes its arguments to a file and starts `shell`. */
function engine(shell: string): TargetOptions {
  const script = `printf '%s\\n' "$@" >> ${at('argv')}; exec ${shell}`
  return {
    programs: {
      docker: ['sh', '-c', script, 'docker'],
      podman: ['sh', '-c', script, 'podman'],
      kubectl: ['sh', '-c', script, 'kubectl'],
    },
  }
}

const file = (path: string, more: Partial<QueryOf<'file'>> = {}): QueryOf<'file'> => ({
  ...{ kind: 'file', path, contents: false, digests: [], access: [], capabilities: false, label: false },
  ...more,
})
const command = (text: string, timeoutMs = 5000): Query => ({
  kind: 'command',
  command: text,
  timeoutMs,
  retries: 0,
  retryDelayMs: 0,
})

writeFileSync(at('binary'), Buffer.from(Array.from({ length: 512 }, (_, index) => index & 255)))
writeFileSync(at('closed'), 'x', { mode: 0o000 })
symlinkSync('binary', at('link'))
symlinkSync('circle', at('circle'))
spawnSync('mkfifo', [at('pipe')])
linkSync(at('binary'), at('hard'))

const questions: readonly Query[] = [
  file(at('binary'), { contents: true, digests: ['md5', 'sha256', 'sha512'], access: ['root', 'nobody', 'no such user'] }),
  ...['link', 'closed', 'pipe', 'none', 'binary/x', 'circle', 'circle/x', 'hard'].map((name) =>
    file(at(name), { contents: true, digests: ['md5'] }),
  ),
  ...[
    '/',
    '/etc',
    '/dev/null',
    '/dev/tty',
    '/proc/self/nosuch',
    '~',
    '~root/.',
    '~nosuchuser',
    'a\0b',
    `/${'x'.repeat(300)}`,
  ].map((path) => file(path, { contents: path !== '/dev/tty' })),
  file('/etc/passwd', { contents: true }),
  command('echo out; echo err >&2; exit 3'),
  command("printf 'a\\0b\\n\\n'; printf 'no end'"),
  command('kill -9 $$'),
  command('exit 137'),
  command('cat; echo "$0" "$#"'),
  command('sleep 20', 200),
  command('sleep 20; : never', 0),
  command('sleep 20 & echo left behind', 200),
  command('setsid sleep 1 & echo escaped', 200),
  command('nosuchprogram 2>&-'),
  command('echo a > /dev/stderr; echo b > /dev/stdout; echo c > /proc/self/fd/1'),
  command(`echo '${'x'.repeat(5000)}'`),
  { kind: 'accounts' },
  { kind: 'mounts' },
  { kind: 'interfaces' },
  { kind: 'kernel-modules' },
  { kind: 'kernel-param', name: 'kernel.ostype' },
  { kind: 'kernel-param', name: 'kernel' },
  { kind: 'usage', mountpoint: '/', timeoutMs: 5000 },
  { kind: 'usage', mountpoint: '/nonexistent', timeoutMs: 5000 },
  { kind: 'crontab', user: null },
  { kind: 'certificate', path: '/nonexistent.pem', address: null, serverName: null, caFile: null, timeoutMs: 1000 },
]

const answersOf = ({ facts }: FactBundle) => Object.fromEntries(Object.entries(facts).map(([key, { answer }]) => [key, answer]))

for (const [name, shell] of shells) {
  test(`${name}: a container answers as this machine does`, { skip: shell === null && `${name} is not installed` }, async () => {
    const here = await collectLocal(questions)
    const there = await collect(parseTarget('docker://shop'), questions, engine(shell ?? ''))
    const [ours, theirs] = [answersOf(here), answersOf(there)]
    for (const key of Object.keys(ours)) assert.deepEqual(theirs[key], ours[key], key.slice(0, 200))
    assert.deepEqual(there.host, here.host)
    assert.deepEqual(there.target, { id: here.target.id, transport: 'docker', address: 'docker://shop' })
  })
}

test('engines get the arguments that they document', async () => {
  rmSync(at('argv'), { force: true })
  for (const target of ['docker://shop', 'podman://shop', 'kubectl://prod@shop/pay/app'])
    await collect(parseTarget(target), [], engine('sh'))
  const wanted = [
    'exec',
    '-i',
    'shop',
    'sh',
    'exec',
    '-i',
    'shop',
    'sh',
    '--context=prod',
    'exec',
    '-i',
    '-q',
    '-n',
    'shop',
    'pay',
    '-c',
    'app',
    '--',
    'sh',
  ]
  assert.deepEqual(readFileSync(at('argv'), 'utf8').trim().split('\n'), wanted)
})

test('nothing in a path or a command reaches the shell: any text names a file that is not there', async () => {
  const hostile = fc.array(
    fc.constantFrom(
      "'",
      '"',
      '`',
      '$(',
      ')',
      '\n',
      ';',
      '|',
      '&',
      '\\',
      '-',
      '*',
      ' ',
      '\t',
      '\x01',
      '\x7f',
      'é',
      '€',
      '💥',
      '\u{fffd}',
      '!',
      '#',
      '~',
      '../',
      'x',
      `touch ${at('owned')}`,
    ),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(hostile, { minLength: 20, maxLength: 40 }), async (lists) => {
      const paths = [...new Set(lists.map((pieces) => `${scratch}/none/${pieces.join('')}`))]
      const asks = paths.flatMap((path): readonly Query[] => [
        file(path, { contents: true, digests: ['md5'] }),
        { kind: 'kernel-param', name: path.slice(scratch.length) },
      ])
      const [here, there] = [await collectLocal(asks), await collect(parseTarget('docker://shop'), asks, engine('sh'))]
      for (const query of asks) assert.deepEqual(there.facts[keyOf(query)]?.answer, here.facts[keyOf(query)]?.answer)
    }),
    { numRuns: 5 },
  )
  assert.equal(existsSync(at('owned')), false)
})

test('files with any name that a file can have are found and read', async () => {
  const names = ["quo'te", 'new\nline', '-n', '$(id)', '*', 'sp ace ', '\\back\\slash\\n', 'é€💥', '"', '\x01', '%s', '!!', '`x`']
  mkdirSync(at('names'))
  for (const name of names) writeFileSync(at(`names/${name}`), `I am ${name}`)
  const asks = names.map((name) => file(at(`names/${name}`), { contents: true, digests: ['sha256'] }))
  const [here, there] = [await collectLocal(asks), await collect(parseTarget('docker://shop'), asks, engine('sh'))]
  assert.deepEqual(answersOf(there), answersOf(here))
})

test('a quoted word is one word, byte for byte', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
      fc.pre(!text.includes('\0') && text.isWellFormed())
      const { stdout } = spawnSync('sh', ['-c', `printf %s ${quoted(text)}x`])
      assert.equal(stdout.toString('utf8'), `${text}x`)
    }),
    { numRuns: 50 },
  )
  assert.throws(() => quoted('a\0b'))
})

test('a session that ends in the middle leaves an error for every question after', async () => {
  // Ends the shell that asks: the command's grandparent's parent is the session itself.
  const kill =
    'p=$PPID; while [ "$(cat /proc/$p/comm)" != docker-shell ]; do p=$(sed "s/.*) . //" /proc/$p/stat | cut -d" " -f1); done; kill -9 $p'
  mkdirSync(at('named'))
  linkOrCopy(dash ?? '/bin/sh', at('named/docker-shell'))
  const bundle = await collect(
    parseTarget('docker://shop'),
    [command(kill), file('/etc/passwd'), { kind: 'mounts' }],
    engine(at('named/docker-shell')),
  )
  for (const { answer } of Object.values(bundle.facts))
    assert.match('error' in answer ? answer.error : JSON.stringify(answer), /^no answer: sh (was ended by SIGKILL|ended with)/)
})

function linkOrCopy(from: string, to: string): void {
  writeFileSync(to, readFileSync(from), { mode: 0o755 })
}

test('a target that is no shell, ends at once or is not there is a reason', async () => {
  const reasonOf = async (shell: string): Promise<string> => {
    const failure: unknown = await collect(parseTarget('docker://shop'), [], engine(shell)).catch((error: unknown) => error)
    assert.ok(failure instanceof TargetError, String(failure))
    return failure.message
  }
  assert.equal(await reasonOf("sh -c 'echo no such container: shop >&2; exit 1'"), 'no such container: shop (sh ended with 1)')
  assert.match(await reasonOf("sh -c 'exit 7'"), /^sh ended with 7$/)
  const missing: unknown = await collect(parseTarget('podman://shop'), [], { programs: { podman: ['no-such-engine'] } }).catch(
    (error: unknown) => error,
  )
  assert.ok(missing instanceof TargetError && missing.message === 'no-such-engine is not installed on this machine')
})

test('many targets: each has its result, in order, and every change is told', async () => {
  const good = engine('sh')
  const options = { programs: { ...good.programs, podman: ['sh', '-c', 'echo broken >&2; exit 1'] as const } }
  const targets = ['docker://a', 'podman://b', 'docker://c'].map((text) => parseTarget(text, { id: text.slice(-1) }))
  const told: string[] = []
  const onProgress = ({
    target,
    state,
    done,
    failed,
    total,
  }: {
    target: { id: string | null }
    state: string
    done: number
    failed: number
    total: number
  }): void => void told.push(`${target.id} ${state} ${done + failed}/${total}`)
  const results = await collectAll(targets, [{ kind: 'kernel-param', name: 'kernel.ostype' }], {
    ...options,
    parallel: 1,
    onProgress,
  })
  assert.deepEqual(
    results.map((result) => ('bundle' in result ? result.bundle.target.id : result.reason)),
    ['a', 'broken (sh ended with 1)', 'c'],
  )
  assert.deepEqual(told, ['a started 0/3', 'a done 1/3', 'b started 1/3', 'b failed 2/3', 'c started 2/3', 'c done 3/3'])
})

test('a stopped run ends its sessions', async () => {
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 300)
  const [result] = await collectAll([parseTarget('docker://a')], [command('sleep 30', 30_000)], {
    ...engine('sh'),
    signal: stop.signal,
  })
  assert.ok(result && 'bundle' in result)
  const [fact] = Object.values(result.bundle.facts)
  assert.deepEqual(fact?.answer, { error: 'no answer: the run was stopped' })
})
