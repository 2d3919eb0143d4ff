import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type AnswerOf, type FileFact, type QueryOf, answerIn, keyOf } from '../model/fact.ts'
import { collectLocal } from './local.ts'
import type { CollectOptions } from './options.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-facts-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const at = (name: string): string => join(scratch, name)
writeFileSync(at('f.txt'), 'alpha\n')
chmodSync(at('f.txt'), 0o4750)
mkdirSync(at('closed'), { mode: 0o700 })
writeFileSync(at('closed/open'), 'x', { mode: 0o777 })
chmodSync(at('closed/open'), 0o777)
symlinkSync('f.txt', at('link'))
symlinkSync('nowhere', at('dangling'))
execFileSync('mkfifo', [at('pipe')])

const file = (path: string, more: Partial<QueryOf<'file'>> = {}): QueryOf<'file'> => ({
  ...{ kind: 'file', path, contents: false, digests: [], access: [], capabilities: false, label: false },
  ...more,
})
const command = (text: string, more: Partial<QueryOf<'command'>> = {}): QueryOf<'command'> => ({
  ...{ kind: 'command', command: text, timeoutMs: 10_000, retries: 0, retryDelayMs: 0 },
  ...more,
})

async function fileFact(path: string, more: Partial<QueryOf<'file'>> = {}, options?: Partial<CollectOptions>): Promise<FileFact> {
  const query = file(path, more)
  const answer = answerIn<'file'>(await collectLocal([query], options), query)
  assert.ok('value' in answer, JSON.stringify(answer))
  return answer.value
}

async function run(query: QueryOf<'command'>, options?: Partial<CollectOptions>): Promise<AnswerOf<'command'>> {
  return answerIn<'command'>(await collectLocal([query], options), query)
}

test('a file: setuid bits stand in front, digests and contents are those of what a link leads to', async () => {
  const found = await fileFact(at('f.txt'), { contents: true, digests: ['md5', 'sha256', 'sha512'] })
  assert.deepEqual('value' in found.stat && [found.stat.value.mode, found.stat.value.type, found.stat.value.size], [
    '4750',
    'file',
    6,
  ])
  assert.deepEqual(found.contents, { value: { text: 'alpha\n', size: 6, cut: false } })
  assert.deepEqual(found.digests?.md5, { value: '9f9f90dbe3e5ee1218c86b8839db1995' })
  const link = await fileFact(at('link'), { contents: true, digests: ['md5'] })
  assert.deepEqual('value' in link.stat && [link.stat.value.mode, link.stat.value.type], ['0777', 'symlink'])
  assert.deepEqual(link.linkTarget, { value: 'f.txt' })
  assert.deepEqual([link.contents, link.digests?.md5], [found.contents, found.digests?.md5])
})

test('what is not there is false; what cannot be known is an error in the words of goss', async () => {
  assert.deepEqual((await fileFact(at('nothing'))).exists, { value: false })
  const under = await fileFact(at('f.txt/x'))
  assert.deepEqual(under.exists, { error: `lstat ${at('f.txt/x')}: not a directory` })
  const dangling = await fileFact(at('dangling'), { contents: true, digests: ['md5'] })
  assert.deepEqual(dangling.exists, { value: true })
  assert.deepEqual(dangling.contents, { error: `open ${at('dangling')}: no such file or directory` })
  assert.deepEqual((await fileFact(scratch, { digests: ['md5'] })).digests?.md5, { error: `read ${scratch}: is a directory` })
  assert.deepEqual((await fileFact(at('f.txt'))).linkTarget, { error: `readlink ${at('f.txt')}: invalid argument` })
  assert.deepEqual((await fileFact('a\0b')).exists, { error: `lstat ${process.cwd()}/a\0b: invalid argument` })
})

test('a pipe is not read: nobody may ever write to it', async () => {
  const found = await fileFact(at('pipe'), { contents: true, digests: ['sha256'] })
  assert.deepEqual(found.contents, { error: `read ${at('pipe')}: not a regular file` })
  assert.deepEqual('value' in found.stat && found.stat.value.type, 'pipe')
})

test('contents beyond the limit are cut, and say how much there was', async () => {
  const cut = await fileFact(at('f.txt'), { contents: true }, { limits: { reading: 3, parallel: 1 } })
  assert.deepEqual(cut.contents, { value: { text: 'alp', size: 6, cut: true } })
})

test('bytes that are no text are kept as base64', async () => {
  writeFileSync(at('bin'), Buffer.of(0xff, 0xfe, 0))
  const found = await fileFact(at('bin'), { contents: true })
  assert.deepEqual(found.contents, { value: { base64: '//4A', size: 3, cut: false } })
})

test('access: a folder on the way that is closed closes what lies in it', async () => {
  const { access } = await fileFact(at('closed/open'), { access: ['root', 'nobody', 'no such user'] })
  assert.deepEqual(access?.['root'], { value: { read: true, write: true, execute: true } })
  assert.deepEqual(access?.['nobody'], { value: { read: false, write: false, execute: false } })
  assert.deepEqual(access?.['no such user'], { error: 'user: unknown user no such user' })
})

test('a home folder is found by the account, and an unknown account is an error', async () => {
  const found = await fileFact('~root')
  assert.deepEqual(found.exists, { value: true })
  const unknown = file('~nosuchuser/x')
  assert.deepEqual(answerIn<'file'>(await collectLocal([unknown]), unknown), { error: 'user: unknown user nosuchuser' })
})

test('a command: both outputs, its status, -1 for a signal, an empty standard input', async () => {
  const answer = await run(command('cat; echo out; echo err >&2; exit 3'))
  assert.deepEqual(answer, {
    value: { exitStatus: 3, stdout: { text: 'out\n', size: 4, cut: false }, stderr: { text: 'err\n', size: 4, cut: false } },
  })
  const killed = await run(command('kill -9 $$'))
  assert.equal('value' in killed && killed.value.exitStatus, -1)
})

test('outputs are pipes: what writes to /dev/stderr by name arrives', async () => {
  const answer = await run(command('echo a > /dev/stderr; echo b > /dev/stdout'))
  assert.deepEqual(
    'value' in answer && [answer.value.stdout, answer.value.stderr].map((bytes) => 'text' in bytes && bytes.text),
    ['b\n', 'a\n'],
  )
})

test('what a command leaves running in the background counts until it lets go of the outputs', async () => {
  const answer = await run(command('(sleep 0.3; echo late) & echo early'))
  assert.deepEqual('value' in answer && answer.value.stdout, { text: 'early\nlate\n', size: 11, cut: false })
})

test('more output than a pipe holds arrives whole, quick or slow, and beyond the limit is counted', async () => {
  const size = 3_000_000
  const lines = 'i=0; while [ $i -lt 300 ]; do printf "%01000d" 0; i=$((i+1)); done'
  for (const [text, expected] of [
    [`head -c ${size} /dev/zero`, size],
    [`sleep 0.1; head -c ${size} /dev/zero >&2`, 0],
    [lines, 300_000],
  ] as const) {
    const answer = await run(command(text))
    assert.equal('value' in answer && answer.value.stdout.size, expected, text)
    if (expected === 0) assert.equal('value' in answer && answer.value.stderr.size, size)
  }
  const cut = await run(command('printf abcdef'), { limits: { reading: 3, parallel: 2 } })
  assert.deepEqual('value' in cut && cut.value.stdout, { text: 'abc', size: 6, cut: true })
})

test('many commands at once keep their own outputs', async () => {
  const asks = Array.from({ length: 60 }, (_, index) =>
    command(`sleep 0.0${index % 5}; echo ${index}; echo e${index} >&2; exit ${index}`),
  )
  const bundle = await collectLocal(asks)
  for (const [index, query] of asks.entries()) {
    const answer = answerIn<'command'>(bundle, query)
    const { exitStatus, stdout, stderr } = 'value' in answer ? answer.value : assert.fail(answer.error)
    assert.deepEqual(
      [exitStatus, 'text' in stdout && stdout.text, 'text' in stderr && stderr.text],
      [index, `${index}\n`, `e${index}\n`],
    )
  }
})

test('a command that ends the shell it came from is its own error alone', async () => {
  const [bad, good] = [command('kill -9 $PPID'), command('sleep 0.2; echo fine')]
  const bundle = await collectLocal([bad, good, command('echo after')])
  assert.deepEqual(answerIn<'command'>(bundle, bad), { error: 'the shell that ran it was ended' })
  const answer = answerIn<'command'>(bundle, good)
  assert.equal('value' in answer && answer.value.exitStatus, 0)
})

test('out of time: the whole group is killed, and left alone in the dialect of goss', async () => {
  const slow = (mark: string): QueryOf<'command'> => command(`(sleep 0.6; echo x > ${at(mark)}) & wait`, { timeoutMs: 150 })
  const late = { error: 'Command execution timed out (150ms)' }
  assert.deepEqual(await run(slow('ours')), late)
  assert.deepEqual(await run(slow('goss'), { dialect: 'goss' }), late)
  await wait(1200)
  assert.equal(existsSync(at('ours')), false)
  assert.equal(existsSync(at('goss')), true)
})

test('a command is asked again while it fails, as often as its author wants', async () => {
  const text = `echo x >> ${at('tries')}; [ "$(wc -l < ${at('tries')})" -ge 3 ]`
  const answer = await run(command(text, { retries: 5, retryDelayMs: 1 }))
  assert.equal('value' in answer && answer.value.exitStatus, 0)
  assert.equal(readFileSync(at('tries'), 'utf8'), 'x\nx\nx\n')
})

test('the same question is asked once', async () => {
  const query = command(`echo x >> ${at('once')}`)
  const bundle = await collectLocal([query, { ...query }, query])
  assert.equal(readFileSync(at('once'), 'utf8'), 'x\n')
  assert.deepEqual(Object.keys(bundle.facts), [keyOf(query)])
})

test('a stopped run answers what is left with that', async () => {
  const query = command('sleep 30')
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 100)
  const bundle = await collectLocal([query, command('echo y')], { signal: stop.signal, limits: { reading: 100, parallel: 1 } })
  assert.deepEqual(bundle.facts[keyOf(command('echo y'))]?.answer, { error: 'the run was stopped before this was asked' })
})

test('kernel parameters: dots are slashes, a folder and a name that leads out are none', async () => {
  const of = async (name: string) =>
    answerIn<'kernel-param'>(await collectLocal([{ kind: 'kernel-param', name }]), { kind: 'kernel-param', name })
  assert.deepEqual(await of('kernel.ostype'), { value: 'Linux' })
  for (const wrong of ['kernel', 'nosuch.param', '../../etc/passwd'])
    assert.deepEqual(await of(wrong), { error: 'could not find the given key' }, wrong)
})

test('this machine in its tables: we are among the processes, lo among the interfaces, / among the mounts', async () => {
  const { facts } = await collectLocal([{ kind: 'processes' }, { kind: 'interfaces' }, { kind: 'mounts' }, { kind: 'accounts' }])
  const has = (kind: string, member: string, value: unknown): boolean => {
    const answer = facts[kind]?.answer
    assert.ok(answer && 'value' in answer, kind)
    return (answer.value as readonly Record<string, unknown>[]).some((each) => each[member] === value)
  }
  assert.ok(has('processes', 'pid', process.pid))
  assert.ok(has('mounts', 'mountpoint', '/proc'))
  if (existsSync('/sys/class/net/lo')) assert.ok(has('interfaces', 'name', 'lo'))
})
