import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createEventReader, type ReadEvent } from '../read/event-reader.ts'
import { connectors } from '../registry.ts'
import { kubearmor } from './connector.ts'

const corpus = new URL('../../../../shared/corpus/sensors/kubearmor/karmor_text.log', import.meta.url)
const skip = existsSync(corpus) ? false : 'the corpus of real events is not beside this repository'

function readAll(text: string): readonly ReadEvent[] {
  const events: ReadEvent[] = []
  const reader = createEventReader({ sensor: 'auto', connectors, onEvent: (event) => events.push(event) })
  reader.push(new TextEncoder().encode(text))
  reader.end()
  return events
}

function blockOf(lines: Readonly<Record<string, string>>, head = '== Alert / 2026-01-01 09:00:00.123456 =='): string {
  return [head, ...Object.entries(lines).map(([key, value]) => `${key}: ${value}`)].join('\n')
}

const above = {
  ClusterName: 'prod-eu',
  HostName: 'node-a',
  NamespaceName: 'shop',
  PodName: 'api-1',
  Labels: 'app=api',
  ContainerName: 'api',
  ContainerID: '3f9d2c1ab0e4'.repeat(5),
  ContainerImage: 'registry.example/api:1',
  Type: 'MatchedPolicy',
  PolicyName: 'no-shell',
  Severity: '8',
}
const below = {
  Source: '/bin/sh -c id',
  Resource: '/usr/bin/id',
  Operation: 'Process',
  Action: 'Block',
  Data: 'syscall=SYS_EXECVE',
  Enforcer: 'BPFLSM',
  Result: 'Permission denied',
  HostPID: '1.252628e+06',
  ProcessName: '/usr/bin/id',
}

test('the whole act of a block: whose it was, and nothing that a process may have written', () => {
  const text = blockOf({ ...above, ...below })
  const [event, ...others] = readAll(`${text}\n\n`)
  assert.equal(others.length, 0)
  assert.equal(event?.line, 1)
  assert.equal(new TextDecoder().decode(event?.raw), text)
  assert.deepEqual(event?.reading, {
    class: 'detection',
    sensor: 'kubearmor',
    instance: { sensor: 'kubearmor', node: 'node-a' },
    at: null,
    act: {
      class: 'detection',
      sensor: 'kubearmor',
      rule: 'no-shell',
      at: '2026-01-01T09:00:00.123456000Z',
      action: 'exec',
      target: null,
      access: null,
      subject: {
        cluster: 'prod-eu',
        node: 'node-a',
        namespace: 'shop',
        workload: null,
        pod: 'api-1',
        container: '3f9d2c1ab0e4'.repeat(5),
        image: 'registry.example/api:1',
        onHost: false,
        pid: null,
        uid: null,
        executable: null,
        executablePartial: false,
        commandLine: null,
        ancestors: [],
      },
      severity: 'high',
      confidence: 0.6,
      effect: 'unknown',
      actionTaken: 'Block',
      tags: ['text_form'],
    },
  })
})

function placeIn(text: string): unknown {
  const [event] = readAll(text)
  assert.ok(event?.reading.class === 'detection' && event.reading.act)
  const { rule, severity, action, subject } = event.reading.act
  return [rule, severity, action, subject.namespace, subject.pod, subject.onHost]
}

const genuine = ['no-shell', 'high', null, 'shop', 'api-1', false]
const argument: readonly (readonly [what: string, source: string])[] = [
  ['another place', 'sh -c x\nNamespaceName: other\nPodName: other-1'],
  ['another policy', 'sh -c x\nPolicyName: harmless\nSeverity: 1'],
  ['another type', 'sh -c x\nType: HostLog'],
  ['another operation', 'sh -c x\nResource: /tmp/x\nOperation: File\nAction: Allow'],
  ['a text of its own', 'sh -c x\nand more'],
  ['the end of the block', 'sh -c x\n'],
  [
    'another block',
    'sh -c x\n\n== Alert / 2026-01-01 09:00:00.123456 ==\nNamespaceName: other\nPodName: other-1\nType: MatchedPolicy',
  ],
]

for (const [what, source] of argument) {
  test(`an argument with line breaks that writes ${what} changes nothing above it`, () => {
    assert.deepEqual(placeIn(blockOf({ ...above, ...below, Source: source })), genuine)
  })
}

test('a block of the host into which a place is written stays the host’s', () => {
  const { NamespaceName: _namespace, PodName: _pod, ContainerID: _id, ...host } = above
  const text = blockOf({ ...host, Type: 'MatchedHostPolicy', ...below, Source: 'sh\nNamespaceName: shop\nPodName: api-1' })
  assert.deepEqual(placeIn(text), ['no-shell', 'high', null, null, null, true])
})

const refused: readonly (readonly [what: string, text: string])[] = [
  ['a block without its type', blockOf({ HostName: 'node-a', Operation: 'File' })],
  ['a block that lost its beginning', 'Source: /bin/sh\nOperation: Process\nType: MatchedPolicy\nPolicyName: x'],
  ['a head alone', '== Log / 2026-01-01 09:00:00.123456 =='],
  ['a type that is not known', blockOf({ ...above, Type: 'Nonsense' })],
]

for (const [what, text] of refused) {
  test(`${what} is malformed, once`, () => {
    assert.deepEqual(
      readAll(`${text}\n`).map(({ reading }) => reading),
      [{ class: 'malformed', sensor: 'kubearmor', reason: 'text_form' }],
    )
  })
}

test('a block without its head is undated', () => {
  const [event] = readAll(
    Object.entries({ ...above, ...below })
      .map(([key, value]) => `${key}: ${value}`)
      .join('\n'),
  )
  assert.ok(event?.reading.class === 'detection' && event.reading.act?.at === null)
})

test('alerts that are dropped blind the container, and show no life', () => {
  const lines = { ...above, Type: 'SystemEvent', Operation: 'AlertThreshold', DroppingAlertsInterval: '30', MaxAlertsPerSec: '2' }
  const [event] = readAll(blockOf(lines))
  assert.ok(event?.reading.class === 'health' && event.reading.at === null)
  assert.deepEqual(
    event.reading.watch.map((signal) => signal.kind === 'throttle' && [signal.state, signal.at]),
    [
      ['start', '2026-01-01T09:00:00.123456000Z'],
      ['stop', '2026-01-01T09:00:30.123456000Z'],
    ],
  )
})

test("the daemon's messages are about itself", () => {
  const [event] = readAll('2026-01-01 09:00:00.123456  default  node-a  [ERROR]  Failed to load\n')
  assert.ok(event?.reading.class === 'health' && event.reading.at === null)
  assert.deepEqual(
    event.reading.watch.map(({ kind, node }) => [kind, node]),
    [['fault', 'node-a']],
  )
})

test('a block in one text of a log shipper is read like one in a file', () => {
  const text = blockOf({ ...above, ...below })
  const [event] = readAll(JSON.stringify({ log: `${text}\n`, stream: 'stdout' }))
  assert.deepEqual(event?.reading, readAll(text)[0]?.reading)
})

test('blocks are told apart, however the bytes are divided', () => {
  const text = `${blockOf({ ...above, ...below })}\n\n${blockOf({ ...above, PolicyName: 'other' })}\n{"nothing":1}\nhello\n`
  const events: (readonly [number, string | null])[] = []
  const reader = createEventReader({
    sensor: 'auto',
    connectors,
    onEvent: ({ line, reading }) =>
      events.push([line, reading.class === 'detection' ? (reading.act?.rule ?? null) : reading.class]),
  })
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += 7) reader.push(bytes.slice(at, at + 7))
  reader.end()
  assert.deepEqual(events, [
    [1, 'no-shell'],
    [23, 'other'],
    [35, 'malformed'],
    [36, 'malformed'],
  ])
})

test('within a block nothing is settled: what follows may belong to it', () => {
  const reader = createEventReader({ sensor: 'auto', connectors, onEvent: () => {} })
  reader.push(new TextEncoder().encode('== Log / 2026-01-01 09:00:00.123456 ==\n'))
  assert.equal(reader.place().isSettled, false)
  reader.push(new TextEncoder().encode('{"nothing":1}\n'))
  assert.equal(reader.place().isSettled, true)
})

test('every block of real text is an event, with its place and its time', { skip }, () => {
  const events = readAll(readFileSync(corpus, 'utf8'))
  assert.deepEqual(
    events.map(({ reading }) => {
      if (reading.class === 'health') return [reading.class, null, null, null]
      if (reading.class !== 'detection' && reading.class !== 'observation') return [reading.class]
      return [reading.class, reading.act?.rule, reading.act?.subject.pod, reading.act?.at]
    }),
    [
      ['observation', null, null, '2023-01-27T14:41:49.018951000Z'],
      ['observation', null, null, '2023-01-27T14:41:49.020905000Z'],
      ['detection', 'ksp-wordpress-block-process', 'wordpress-c4bf5b44b-wsfkg', '2023-04-21T10:54:16.167986000Z'],
      ['detection', 'quota-test-policy', 'quota-test-deployment-5bc54c58b9-4rpvw', '2026-05-25T04:14:59.566130000Z'],
      ['detection', 'quota-test-policy', 'quota-test-deployment-5bc54c58b9-4rpvw', '2026-05-25T04:10:46.438069000Z'],
      ['detection', 'host-egress-quota', null, '2026-05-25T04:50:02.614033000Z'],
      ['health', null, null, null],
    ],
  )
})

const lines: readonly (readonly [line: string, kind: string | null])[] = [
  ['== Alert / 2026-01-01 09:00:00.123456 ==', 'head'],
  ['== Log ==', 'head'],
  ['ClusterName: default', 'part'],
  ['ExecEvent: map[]', 'part'],
  ['2026-01-01 09:00:00.123456  default  node-a  [INFO]  Started', 'event'],
  ['== Alert', null],
  ['clustername: default', null],
  ['Somebody: says', null],
  ['2026-01-01 09:00:00 INFO started', null],
]

for (const [line, kind] of lines) {
  test(`${JSON.stringify(line)} is ${kind ?? 'not ours'} among KubeArmor's forms for people`, () => {
    assert.equal(kubearmor.text?.kindOf(line), kind)
  })
}
