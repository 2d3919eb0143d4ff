import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runStateConformance } from './state.ts'
import { casesIn, type Answer } from './state/cases.ts'
import { debianFolder, whyNot } from './state/chroot.ts'
import { compare } from './state/compare.ts'
import type { Done } from './state/inside.ts'

const answer = (given: Partial<Answer>): Answer => ({ exit: 0, stderr: [], after: {}, varies: false, ...given })
const done = (given: Partial<Done>): Done => ({ name: 'run', exit: 0, stdout: '', stderr: '', after: {}, ...given })
const wheres = (ran: Partial<Done>, ...answers: readonly Partial<Answer>[]): readonly string[] =>
  compare(done(ran), answers.map(answer)).differences.map(({ where }) => where)

test('text is compared but where the recording masks a time or a duration', () => {
  const expected = { stdout: 'Total Duration: <DUR>\nCount: 1\n' }
  assert.deepEqual(wheres({ stdout: 'Total Duration: 0.003s\nCount: 1\n' }, expected), [])
  assert.deepEqual(wheres({ stdout: 'Total Duration: 0.003s\nCount: 2\n' }, expected), ['stdout from line 2'])
  assert.deepEqual(wheres({ stdout: 'Total Duration: \nCount: 1\n' }, expected), ['stdout from line 1'])
  assert.deepEqual(wheres({ stdout: 'a.b' }, { stdout: 'a+b' }), ['stdout from line 1'])
})

test('any recorded answer will do, and another exit code, line or file is a difference', () => {
  assert.deepEqual(wheres({ exit: 1 }, { exit: 0 }, { exit: 1 }), [])
  assert.deepEqual(wheres({ exit: 1 }, {}), ['exit'])
  assert.deepEqual(wheres({ stderr: 'b\na\n' }, { stderr: ['a', 'b'] }), [])
  assert.deepEqual(wheres({ stderr: 'a\n' }, { stderr: ['a', 'a'] }), ['stderr'])
  assert.deepEqual(wheres({ after: { 'g.yaml': 'x' } }, { after: { 'g.yaml': 'x' } }), [])
  assert.deepEqual(wheres({}, { after: { 'g.yaml': 'x' } }), ['after:g.yaml from line 1'])
})

const result = { type: 'File', id: '/x', property: 'size', result: 0, err: null, matcher: { actual: 3, message: 'm' } }

function printed(given: object, count = 1): string {
  const one = {
    'resource-type': 'File',
    'resource-id': '/x',
    property: 'size',
    result: 0,
    err: null,
    'matcher-result': { actual: 3, message: 'm', expected: null },
    ...given,
  }
  return JSON.stringify({ results: [one], summary: { 'test-count': count, 'failed-count': 0, 'skipped-count': 0 } })
}

test('results are compared field by field; what goss itself gives by chance only by its verdict', () => {
  const json = { count: 1, failed: 0, skipped: 0, results: [result] }
  assert.deepEqual(wheres({ stdout: printed({}) }, { json }), [])
  assert.deepEqual(wheres({ stdout: printed({ result: 1 }) }, { json }), ['File /x size: result'])
  assert.deepEqual(wheres({ stdout: printed({ 'matcher-result': { actual: 4, message: 'm' } }) }, { json }), [
    'File /x size: matcher',
  ])
  assert.deepEqual(wheres({ stdout: printed({}, 2) }, { json }), ['count'])
  assert.deepEqual(wheres({ stdout: 'no JSON' }, { json }), ['stdout'])
  assert.deepEqual(wheres({ stdout: printed({ property: 'mode' }) }, { json }), ['File /x size', '/x'])
  const varying = { ...json, results: [{ ...result, varies: true }] }
  assert.deepEqual(wheres({ stdout: printed({ err: 'other words' }) }, { json: varying }), [])
  assert.deepEqual(wheres({ stdout: printed({ result: 1 }) }, { json: varying }), ['File /x size: result'])
})

test('a folder without cases is a failure, never a pass', { skip: whyNot() ?? noDebian() }, async () => {
  const empty = mkdtempSync(join(tmpdir(), 'runproof-no-cases-'))
  try {
    assert.equal(await runStateConformance(empty, { program: null, only: [], parallel: 1, full: false }, () => {}), 1)
  } finally {
    rmSync(empty, { recursive: true })
  }
})

test('a wrong answer is counted and ends with 1', { skip: whyNot() ?? noDebian() }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-wrong-case-'))
  const write = (path: string, value: unknown): void => {
    mkdirSync(join(folder, 'group/one', path, '..'), { recursive: true })
    writeFileSync(join(folder, 'group/one', path), typeof value === 'string' ? value : JSON.stringify(value))
  }
  write('files/goss.yaml', 'matching:\n  a: {content: 1, matches: 1}\n')
  const run = { args: ['validate', '-f', 'silent'] }
  write('case.json', {
    id: 'group/one',
    setup: 'echo here > there',
    runs: [
      { name: 'right', ...run },
      { name: 'wrong', ...run },
      { name: 'none', ...run },
    ],
  })
  write('expected/right.json', [{ versions: ['0.4.10'], answer: { exit: 0, stdout: '' } }])
  write('expected/wrong.json', [{ versions: ['0.4.10'], answer: { exit: 1, stdout: '' } }])
  write('expected/none.json', [{ versions: ['0.4.9'], answer: { exit: 1, stdout: '' } }])
  const lines: string[] = []
  try {
    const code = await runStateConformance(folder, { program: null, only: [], parallel: 1, full: false }, (line) =>
      lines.push(line),
    )
    assert.equal(code, 1)
    assert.match(lines.join('\n'), /^wrong: group\/one wrong \(1\)\n {2}exit\n[\s\S]*\ntotal +1 +1 +0 +1 +0$/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const corpus = join(import.meta.dirname, '..', '..', '..', 'shared', 'corpus', 'state')

/** Groups whose answers depend on the host; the others are judged in process beside the code that they are about. */
const onHosts = [
  'add/',
  'addr/',
  'command/',
  'dns/',
  'file/',
  'http/',
  'kernel-param/',
  'mount/',
  'package/',
  'port/',
  'process/',
  'service/',
  'user/',
]

test(
  'recorded answers of goss about a host are given word for word',
  { skip: whyNot() ?? noDebian() ?? (existsSync(corpus) ? false : 'the recordings are not here') },
  async () => {
    assert.ok(casesIn(corpus, '0.4.10').length > 0)
    const lines: string[] = []
    const code = await runStateConformance(corpus, { program: null, only: onHosts, parallel: 2, full: true }, (line) =>
      lines.push(line),
    )
    assert.equal(code, 0, lines.join('\n'))
  },
)

function noDebian(): string | undefined {
  return existsSync(debianFolder()) ? undefined : 'there is no plain Debian yet: npm run conformance:state -- DIR makes it'
}
