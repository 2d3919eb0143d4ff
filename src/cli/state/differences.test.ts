import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commandLine } from '../fixtures.ts'

/** Rows of docs/guides/state.md: how goss ends, and how we do. Each gossfile is validated in both dialects. */
const rows: readonly {
  readonly what: string
  readonly gossfile: string
  readonly options?: readonly string[]
  readonly goss: number
  readonly ours: number
  readonly says?: RegExp
}[] = [
  {
    what: 'a mount that is not there can be asserted',
    gossfile: 'mount:\n  /no/such/mount: {exists: false}\n',
    goss: 1,
    ours: 0,
  },
  {
    what: 'a UDP address shows nothing',
    gossfile: 'addr:\n  udp://127.0.0.1:1: {reachable: true}\n',
    goss: 0,
    ours: 1,
    says: /nobody answers a UDP dial/,
  },
  {
    what: 'an unknown record type is not two others',
    gossfile: 'dns:\n  BOGUS:127.0.0.1: {resolvable: true}\n',
    goss: 0,
    ours: 1,
    says: /BOGUS is no record type/,
  },
  {
    what: 'equal compares a list of the system',
    gossfile: 'user:\n  root: {exists: true, groups: {equal: [root]}}\n',
    goss: 1,
    ours: 0,
  },
  {
    what: 'a service that asserts nothing is refused',
    gossfile: 'matching:\n  a: {content: 1, matches: 1}\nservice:\n  x: {}\n',
    goss: 0,
    ours: 78,
  },
  {
    what: 'an unknown top-level key is refused',
    gossfile: 'matching:\n  a: {content: 1, matches: 1}\nflie:\n  /etc/passwd: {exists: false}\n',
    goss: 0,
    ours: 78,
    says: /flie/,
  },
  {
    what: 'a second document is refused',
    gossfile: 'matching:\n  a: {content: 1, matches: 1}\n---\nmatching:\n  b: {content: 1, matches: 2}\n',
    goss: 0,
    ours: 78,
  },
  {
    what: 'an unknown attribute of ours is refused by goss',
    gossfile: 'file:\n  /etc/passwd: {exists: true, severity: high}\n',
    goss: 78,
    ours: 0,
  },
  {
    what: 'a header that goss does not survive is an error',
    gossfile: "http:\n  http://127.0.0.1:1/: {status: 200, request-headers: ['X']}\n",
    goss: 2,
    ours: 1,
    says: /is not of the form "Name: value"/,
  },
  {
    what: 'structured ends with 1 on failure',
    gossfile: 'matching:\n  a: {content: 1, matches: 2}\n',
    options: ['-f', 'structured'],
    goss: 0,
    ours: 1,
  },
  {
    what: 'prometheus ends with 1 on failure',
    gossfile: 'matching:\n  a: {content: 1, matches: 2}\n',
    options: ['-f', 'prometheus'],
    goss: 0,
    ours: 1,
  },
]

for (const { what, gossfile, options = [], goss, ours, says } of rows)
  test(`${what}: exit code ${goss} in goss’s dialect, ${ours} in ours`, async (t) => {
    const { dir, run } = commandLine(t, 'state')
    writeFileSync(join(dir, 'goss.yaml'), gossfile)
    assert.equal((await run('--goss-compat', 'validate', ...options)).code, goss)
    const own = await run('validate', ...options)
    assert.equal(own.code, ours, own.out + own.err)
    if (says) assert.match(own.out + own.err, says)
  })

test('what cannot be judged is an error apart from failures, and fails the run', async (t) => {
  const { dir, run } = commandLine(t, 'state')
  writeFileSync(
    join(dir, 'goss.yaml'),
    'kernel-param:\n  no.such.setting: {value: x}\nmatching:\n  a: {content: 1, matches: 2}\n',
  )
  const { code, out } = await run('validate', '-f', 'json')
  const { results } = JSON.parse(out) as { results: { 'resource-type': string; outcome: string; successful: boolean }[] }
  assert.equal(code, 1)
  const byType = new Map(results.map((one) => [one['resource-type'], [one.outcome, one.successful]]))
  assert.deepEqual(byType.get('KernelParam'), ['error', false])
  assert.deepEqual(byType.get('Matching'), ['fail', false])
})

test('a command that runs out of time is ended, with all that it started', async (t) => {
  const { dir, run } = commandLine(t, 'state')
  writeFileSync(
    join(dir, 'goss.yaml'),
    `command:\n  '(sleep 0.6; echo alive > ${dir}/alive) & wait': {exit-status: 0, timeout: 100}\n  'sleep 1': {exit-status: 0}\n`,
  )
  const { out } = await run('validate')
  assert.match(out, /Command execution timed out \(100ms\)/)
  assert.equal(existsSync(join(dir, 'alive')), false)
})
