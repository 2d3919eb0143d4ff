import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FactBundle, type Query, keyOf } from '../model/fact.ts'
import { bundleDigest, factsPayload, readBundle, writeBundle } from './bundle.ts'
import { diffBundles, driftWords } from './drift.ts'
import { collectLocal } from './local.ts'

const bundleOf = (facts: readonly (readonly [Query, FactBundle['facts'][string]['answer']])[]): FactBundle => ({
  format: 'runproof-facts/v1',
  target: { id: 'web-1', transport: 'ssh', address: 'ssh://web-1' },
  host: { system: 'Linux 6.1', distribution: null, architecture: 'x86_64' },
  startedAt: '2026-03-02T08:00:00.000Z',
  endedAt: '2026-03-02T08:00:01.000Z',
  facts: Object.fromEntries(facts.map(([query, answer]) => [keyOf(query), { query, answer }])),
})

const everything: readonly Query[] = [
  { kind: 'file', path: '/etc/passwd', contents: true, digests: ['sha256'], access: ['root'], capabilities: false, label: true },
  { kind: 'file', path: '/nonexistent', contents: true, digests: ['md5'], access: [], capabilities: true, label: false },
  { kind: 'command', command: "printf '\\377'", timeoutMs: 1000, retries: 0, retryDelayMs: 0 },
  ...(['sockets', 'processes', 'accounts', 'interfaces', 'mounts', 'kernel-modules'] as const).map((kind) => ({ kind })),
  { kind: 'packages', manager: null, patterns: ['b*'] },
  { kind: 'service', name: 'cron' },
  { kind: 'usage', mountpoint: '/', timeoutMs: 1000 },
  { kind: 'kernel-param', name: 'kernel.ostype' },
  { kind: 'address', address: '127.0.0.1:1', localAddress: null, timeoutMs: 100 },
  { kind: 'dns', name: 'localhost', type: null, server: null, timeoutMs: 1000 },
  { kind: 'certificate', path: '/nonexistent', address: null, serverName: null, caFile: null, timeoutMs: 100 },
  { kind: 'sshd', context: null },
  { kind: 'crontab', user: null },
]

test('whatever a host answers is written and read back the same', async () => {
  const bundle = await collectLocal(everything)
  const text = writeBundle(bundle)
  assert.deepEqual(readBundle(text), bundle)
  assert.equal(writeBundle(readBundle(text)), text)
  assert.equal(bundleDigest(readBundle(text)), bundleDigest(bundle))
  assert.deepEqual(diffBundles(bundle, readBundle(text)), { entries: [], notCompared: [] })
})

test('a bundle that was tampered with in its form is refused, with the place', () => {
  const query: Query = { kind: 'kernel-param', name: 'kernel.ostype' }
  const bundle = bundleOf([[query, { value: 'Linux' }]])
  const changed = (change: (value: Record<string, never>) => void): string => {
    const copy = structuredClone(bundle) as unknown as Record<string, never>
    change(copy)
    return JSON.stringify(copy)
  }
  const refused = (text: string, why: RegExp): void =>
    assert.throws(() => readBundle(text), { code: 'format.malformed', message: why })
  refused('[]', /not a fact bundle/)
  refused(
    changed((value: Record<string, unknown>) => (value['format'] = 'v2')),
    /format/,
  )
  refused(
    changed((value: Record<string, unknown>) => (value['extra'] = 1)),
    /extra/,
  )
  const key = keyOf(query)
  const withFact = (fact: unknown, at = key): string => JSON.stringify({ ...bundle, facts: { [at]: fact } })
  refused(withFact({ query, answer: { value: 5 } }), /the answer to kernel-param/)
  refused(withFact({ query, answer: { value: 'x', error: 'y' } }), /the answer to kernel-param/)
  refused(withFact({ query: { ...query, more: 1 }, answer: { value: 'x' } }), /the question kernel-param/)
  refused(withFact({ query: { kind: 'toString' }, answer: { value: 'x' } }), /no kind of fact/)
  refused(withFact({ query, answer: { value: 'x' } }, 'kernel-param {}'), /is not its question's/)
})

test('what is signed names the bundle by its digest', () => {
  const bundle = bundleOf([])
  const payload = JSON.parse(new TextDecoder().decode(factsPayload(bundle))) as Record<string, unknown>
  assert.deepEqual(payload, {
    type: 'https://runproof.dev/facts/v1',
    target: bundle.target,
    startedAt: bundle.startedAt,
    endedAt: bundle.endedAt,
    questions: 0,
    sha256: bundleDigest(bundle),
  })
})

const wordsOf = (before: FactBundle, after: FactBundle): readonly string[] => diffBundles(before, after).entries.map(driftWords)

test('drift: what came, what went and what changed, in words', () => {
  const packages: Query = { kind: 'packages', manager: null, patterns: [] }
  const installed = (names: Record<string, readonly string[]>) => ({
    value: { manager: 'dpkg', problem: null, installed: names },
  })
  const before = bundleOf([[packages, installed({ bash: ['5.1'], curl: ['7.88'] })]])
  const after = bundleOf([[packages, installed({ bash: ['5.2'], nmap: ['7.93'] })]])
  assert.deepEqual(wordsOf(before, after), [
    'packages: bash: 5.1 became 5.2',
    'packages: curl went: it was 7.88',
    'packages: nmap came: 7.93',
  ])
})

test('drift: process numbers and open connections are none, a new listener is', () => {
  const socket = (port: number, isListening: boolean) => ({ protocol: 'tcp', address: '0.0.0.0', port, isListening, uid: 0 })
  const running = (pid: number) => [{ pid, comm: 'nginx', uid: 33, commandLine: ['nginx'] }]
  const at = (pid: number, sockets: readonly unknown[]): FactBundle =>
    bundleOf([
      [{ kind: 'sockets' }, { value: sockets }],
      [{ kind: 'processes' }, { value: running(pid) }],
    ])
  assert.deepEqual(wordsOf(at(1, [socket(22, true)]), at(2, [socket(22, true), socket(22, false)])), [])
  assert.deepEqual(wordsOf(at(1, []), at(1, [socket(4444, true)])), ['sockets: tcp 0.0.0.0:4444 came: user 0'])
})

test('drift: contents and passwords never stand in words', () => {
  const file: Query = { kind: 'file', path: '/s', contents: true, digests: [], access: [], capabilities: false, label: false }
  const holding = (text: string): FactBundle => {
    const none = { error: 'x' }
    const value = {
      exists: { value: true },
      stat: none,
      owner: none,
      group: none,
      linkTarget: none,
      contents: { value: { text, size: text.length, cut: false } },
    }
    return bundleOf([
      [file, { value }],
      [{ kind: 'accounts' }, { value: { passwd: { value: `ops:$6$${text}:1:1::/:/bin/sh` }, group: { value: '' } } }],
    ])
  }
  const words = wordsOf(holding('hunter2'), holding('correct horse')).join('\n')
  assert.match(words, /file \/s: contents: 7 bytes, SHA-256 [0-9a-f]{16} became 13 bytes/)
  assert.doesNotMatch(words, /hunter2|correct horse/)
})

test('drift: an answer that could not be had is a change; a question of one side alone is not compared', () => {
  const param: Query = { kind: 'kernel-param', name: 'a' }
  const other: Query = { kind: 'kernel-param', name: 'b' }
  const before = bundleOf([
    [param, { value: '1' }],
    [other, { value: '1' }],
  ])
  const after = bundleOf([[param, { error: 'gone' }]])
  assert.deepEqual(wordsOf(before, after), ['kernel-param a: error came: gone', 'kernel-param a: value went: it was 1'])
  assert.deepEqual(diffBundles(before, after).notCompared, [keyOf(other)])
})
