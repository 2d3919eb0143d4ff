import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { commandLine, type CommandLine } from './fixtures.ts'

/** A folder with a gossfile that passes, one that fails, and what they speak of. */
function state(t: TestContext): CommandLine {
  const line = commandLine(t, 'state')
  const write = (name: string, text: string): void => writeFileSync(join(line.dir, name), text)
  write('thing', 'one\ntwo\n')
  write('goss.yaml', `file:\n  ${line.dir}/thing: {exists: true, contents: [two]}\n`)
  write(
    'bad.yaml',
    `file:
  ${line.dir}/thing: {exists: true, size: 7, severity: high, remediation: write it anew}
command:
  'echo x': {exit-status: 0, depends-on: ['file:${line.dir}/thing']}
`,
  )
  return line
}

test('validate is ./goss.yaml on this machine, with goss’s formats and exit codes', async (t) => {
  const { run } = state(t)
  const passed = await run('validate')
  assert.equal(passed.code, 0)
  assert.match(passed.out, /^\.\.\n\nTotal Duration: [\d.]+s\nCount: 2, Failed: 0, Skipped: 0$/)
  assert.equal((await run('-g', 'bad.yaml', 'validate')).code, 1)
  assert.equal((await run('validate', '-g', 'bad.yaml', '-f', 'nagios')).code, 2)
  assert.match((await run('-g', 'bad.yaml', 'v', '-f', 'tap')).out, /^1\.\.3\nok 1 .*\nnot ok 2 /)
  assert.equal((await run('-g', 'bad.yaml', 'validate', '-f', 'silent')).out, '')
})

test('what fails comes with its severity and remediation, what is skipped with its reason', async (t) => {
  const { run, dir } = state(t)
  const { out } = await run('-g', 'bad.yaml', 'validate')
  assert.match(out, /To do:\n\n/)
  assert.ok(out.includes(`File: ${dir}/thing (high): write it anew`))
  assert.ok(out.includes(`Command: echo x: skipped: depends on file:${dir}/thing, whose size fails`))
})

test('the environment of goss is understood, options win', async (t) => {
  const { dir } = state(t)
  const { runCommandLine } = await import('./run.ts')
  const out: string[] = []
  const io = {
    out: (text: string) => void out.push(text),
    err: () => {},
    interactive: false,
    columns: 100,
    colour: false,
    stdin: async function* () {},
    cwd: dir,
    env: { GOSS_FILE: 'bad.yaml', GOSS_FMT: 'tap' },
    now: Date.now,
  }
  assert.equal(await runCommandLine(['state', 'validate'], io), 1)
  assert.match(out.join('\n'), /^1\.\.3/)
  assert.equal(await runCommandLine(['state', 'validate', '-g', 'goss.yaml', '-f', 'silent'], io), 0)
})

test('a gossfile that cannot be loaded, or checks nothing, is exit code 78: on standard error, in goss’s dialect on standard output', async (t) => {
  const { run, dir } = state(t)
  writeFileSync(join(dir, 'empty.yaml'), '# nothing\n')
  const [ours, theirs] = [await run('-g', 'empty.yaml', 'validate'), await run('--goss-compat', '-g', 'empty.yaml', 'validate')]
  assert.deepEqual([ours.code, ours.out, theirs.code, theirs.err], [78, '', 78, ''])
  assert.match(ours.err, /found 0 tests, source: empty\.yaml/)
  assert.equal(theirs.out, 'Error: found 0 tests, source: empty.yaml')
  assert.equal((await run('-g', 'nowhere.yaml', 'validate')).code, 78)
})

test('retries end with 3 when the time is up, and say so where it disturbs nobody', async (t) => {
  const { run } = state(t)
  const ours = await run('-g', 'bad.yaml', 'validate', '-f', 'silent', '-r', '30ms', '-s', '40ms')
  assert.equal(ours.code, 3)
  assert.match(ours.err, /timeout of 30ms reached before tests entered a passing state/)
  assert.equal(ours.out, '')
  const theirs = await run('--goss-compat', '-g', 'goss.yaml', 'validate', '-f', 'silent', '-r', '30ms', '-s', '40ms')
  assert.equal(theirs.code, 0)
})

test('facts are kept, judged again without asking, and compared', async (t) => {
  const { run, dir } = state(t)
  assert.equal((await run('validate', '-f', 'silent', '--facts', 'before.json')).code, 0)
  assert.equal(statSync(join(dir, 'before.json')).mode & 0o777, 0o600)
  writeFileSync(join(dir, 'thing'), 'one\n')
  assert.equal((await run('validate', '-f', 'silent', '--facts', 'after.json')).code, 1)
  assert.equal((await run('validate', '-f', 'silent', '--from', 'before.json')).code, 0)
  const drift = await run('diff', 'before.json', 'after.json')
  assert.equal(drift.code, 1)
  assert.match(drift.out, /SUBJECT[\s\S]*contents/)
  assert.equal((await run('diff', 'before.json', 'before.json')).code, 0)
  const json = JSON.parse((await run('diff', 'before.json', 'after.json', '--json')).out) as { drift: unknown[] }
  assert.ok(json.drift.length > 0)
  writeFileSync(join(dir, 'broken.json'), '{"format":"runproof-facts/v1"}')
  assert.match((await run('validate', '--from', 'broken.json')).err, /broken\.json: not a fact bundle/)
})

test('--json is everything of the run, for machines', async (t) => {
  const { run } = state(t)
  const { code, out } = await run('-g', 'bad.yaml', 'validate', '--json')
  assert.equal(code, 1)
  const { hosts, exit_code } = JSON.parse(out) as {
    hosts: { passes: boolean; counts: object; results: { property: string; outcome: string; severity: string | null }[] }[]
    exit_code: number
  }
  assert.equal(exit_code, 1)
  assert.deepEqual(hosts[0]?.counts, { pass: 1, fail: 1, error: 0, skip: 1 })
  assert.deepEqual(
    hosts[0]?.results.map(({ property, outcome, severity }) => [property, outcome, severity]),
    [
      ['exists', 'pass', 'high'],
      ['size', 'fail', 'high'],
      ['exit-status', 'skip', null],
    ],
  )
})

test('several hosts: those that fail in full, all of them in a table; one that is not reached fails the run', async (t) => {
  const { run, dir } = state(t)
  writeFileSync(join(dir, 'hosts.txt'), '# two of them\nlocal name=one\nlocal name=two\n')
  const passed = await run('validate', '--inventory', 'hosts.txt')
  assert.equal(passed.code, 0)
  assert.match(passed.out, /^HOST +PASSED.*\none +2 +0 +0 +0 +passes\ntwo +2 +0 +0 +0 +passes$/)
  const failed = await run('-g', 'bad.yaml', 'validate', '--inventory', 'hosts.txt')
  assert.match(failed.out, /^== one\n[\s\S]*== two\n[\s\S]*two +1 +1 +0 +1 +fails$/)
  const gone = await run('validate', '--target', 'local', '--target', 'docker://no-such-container')
  assert.equal(gone.code, 1)
  assert.match(gone.out, /no-such-container +- +- +- +- +not checked/)
  assert.match(gone.err, /docker:\/\/no-such-container was not checked: /)
  const json = JSON.parse((await run('validate', '--inventory', 'hosts.txt', '-f', 'json')).out) as {
    hosts: { host: string; report: object }[]
  }
  assert.deepEqual(
    json.hosts.map(({ host }) => host),
    ['one', 'two'],
  )
})

test('formats of one host need a file for each of several', async (t) => {
  const { run, dir } = state(t)
  const refused = await run('validate', '--targets', 'local,local', '-f', 'junit')
  assert.equal(refused.code, 64)
  assert.match(refused.err, /--out DIR/)
  assert.equal((await run('validate', '--targets', 'local,local', '-f', 'junit', '--out', 'reports')).code, 0)
  const files = readdirSync(join(dir, 'reports'))
  assert.equal(files.length, 2)
  for (const file of files) assert.match(readFileSync(join(dir, 'reports', file), 'utf8'), /<testsuite name="goss"/)
})

test('secrets in output are masked, in goss’s dialect they are as they are', async (t) => {
  const { run, dir } = state(t)
  writeFileSync(join(dir, 'secret.yaml'), "command:\n  'echo password=hunter2-and-more': {exit-status: 0, stdout: nothing}\n")
  assert.doesNotMatch((await run('-g', 'secret.yaml', 'validate', '-f', 'json')).out, /hunter2/)
  assert.match((await run('--goss-compat', '-g', 'secret.yaml', 'validate', '-f', 'json')).out, /hunter2/)
})

test('what deceives is refused: no checks at once, a package manager and an output option that nobody knows', async (t) => {
  const { run } = state(t)
  for (const argv of [
    ['validate', '--max-concurrent', '0'],
    ['--package', 'deb', 'validate'],
    ['validate', '-o', 'soort'],
    ['validate', '-f', 'yaml'],
    ['validate', 'goss.yaml'],
    ['validate', '-r', 'soon'],
    ['validate', '--target', 'ftp://x'],
  ])
    assert.equal((await run(...argv)).code, 64, argv.join(' '))
  assert.equal((await run('--goss-compat', '--package', 'deb', 'validate', '-o', 'soort', '--max-concurrent', '0')).code, 0)
})

test('render shows the gossfile after its templates', async (t) => {
  const { run, dir } = state(t)
  writeFileSync(join(dir, 't.yaml'), 'user:\n  {{.Vars.name}}:\n    exists: true\n')
  assert.equal((await run('-g', 't.yaml', '--vars-inline', 'name: root', 'render')).out, 'user:\n    root:\n        exists: true')
  const refused = await run('-g', 't.yaml', 'render')
  assert.equal(refused.code, 1)
  assert.match(refused.err, /map has no entry for key "name"/)
})

test('add writes down how something is, and validate then agrees', async (t) => {
  const { run, dir } = state(t)
  const added = await run('-g', 'new.yaml', 'add', 'file', 'thing', '/no/such/file')
  assert.equal(added.code, 0)
  assert.ok(added.out.startsWith(`Adding File to 'new.yaml':\n\n${dir}/thing:\n    exists: true\n`))
  assert.equal((await run('-g', 'new.yaml', 'add', 'command', 'echo hi; exit 3')).code, 0)
  assert.equal((await run('-g', 'new.yaml', 'add', 'kernel-param', 'kernel.ostype')).code, 0)
  assert.match(readFileSync(join(dir, 'new.yaml'), 'utf8'), /exit-status: 3/)
  assert.equal((await run('-g', 'new.yaml', 'validate', '-f', 'silent')).code, 0)
  const refused = await run('-g', 'new.yaml', 'add', 'kernel-param', 'no.such.setting')
  assert.equal(refused.code, 1)
  assert.match(refused.err, /could not find the given key/)
  assert.equal((await run('-g', 'new.yaml', 'add', 'matching', 'x')).code, 64)
  assert.equal((await run('-g', 'new.yaml', 'add')).code, 64)
})

test('autoadd finds out what a name is; of nothing it writes nothing', async (t) => {
  const { run, dir } = state(t)
  const added = await run('-g', 'auto.yaml', 'autoadd', 'root')
  assert.equal(added.code, 0)
  assert.match(added.out, /Adding Group to 'auto\.yaml'[\s\S]*Adding User to 'auto\.yaml'/)
  const nothing = await run('-g', 'none.yaml', 'autoadd', 'nobody-is-called-this')
  assert.equal(nothing.code, 0)
  assert.match(nothing.err, /nothing was found/)
  assert.ok(!existsSync(join(dir, 'none.yaml')))
})

test('lint says what passes without showing anything; a gossfile without such things is clean', async (t) => {
  const { run, dir } = state(t)
  assert.equal((await run('lint')).code, 0)
  writeFileSync(join(dir, 'trap.yaml'), 'file:\n  /etc/passwd: {exists: true, mode: 0644}\n')
  const found = await run('lint', 'trap.yaml')
  assert.equal(found.code, 1)
  assert.match(found.out, /trap\.yaml:2:\d+: broken octal-mode: .*\n {2}fix: /)
  const json = JSON.parse((await run('lint', 'trap.yaml', '--json')).out) as { notes: { code: string }[] }
  assert.equal(json.notes[0]?.code, 'octal-mode')
  assert.equal((await run('lint', 'nowhere.yaml')).code, 1)
})

test('schema is a JSON Schema; an unknown subcommand says which there are', async (t) => {
  const { run } = state(t)
  assert.match((JSON.parse((await run('schema')).out) as { $schema: string }).$schema, /json-schema\.org/)
  const wrong = await run('valdiate')
  assert.equal(wrong.code, 64)
  assert.match(wrong.err, /there is no subcommand "valdiate"; one of: validate, serve/)
  assert.match((await run('--help')).out, /usage:[\s\S]*examples:/)
})
