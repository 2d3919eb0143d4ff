import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Act, Target } from '../../../core/model/act.ts'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import type { JsonObject } from '../connector.ts'
import { tetragon } from './connector.ts'

function fixture(name: string): readonly JsonObject[] {
  const lines = readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as JsonObject)
}

const policies = fixture('tetragon-1.4.0-policies.ndjson')
const processes = fixture('tetragon-1.4.0-process.ndjson')

function actOf(event: JsonObject | undefined): Act {
  const reading = tetragon.read(event ?? {})
  assert.ok((reading.class === 'detection' || reading.class === 'observation') && reading.act, JSON.stringify(reading))
  return reading.act
}

const byHook = (hook: string): Act => actOf(policies.find((event) => tetragon.facts(event)['hook'] === hook))

const path = (name: string, partial = false): Target => ({ type: 'path', path: name, partial })
const binary = (name: string, partial = false): Target => ({ type: 'binary', path: name, partial })
const call = (name: string): Target => ({ type: 'syscall', name })
const address = (to: Partial<Extract<Target, { type: 'address' }>>): Target => ({
  type: 'address',
  address: null,
  name: null,
  port: null,
  protocol: null,
  direction: 'out',
  ...to,
})

const cases: readonly (readonly [
  hook: string,
  action: Act['action'],
  target: Target | null,
  access: Act['access'],
  effect: Act['effect'],
])[] = [
  ['security_bprm_check', 'exec', binary('/bin/busybox'), null, 'observed'],
  ['security_file_permission', 'open', path('/etc/shadow'), 'read', 'observed'],
  ['__x64_sys_openat', 'open', path('/app/server.js'), 'write', 'observed'],
  ['tcp_connect', 'connect', address({ address: '203.0.113.7', port: 443, protocol: 'tcp' }), null, 'observed'],
  [
    'inet_csk_accept',
    'connect',
    address({ address: '198.51.100.9', port: 8443, protocol: 'tcp', direction: 'in' }),
    null,
    'observed',
  ],
  ['security_socket_connect', 'connect', address({ address: '2001:db8::7', port: 443 }), null, 'observed'],
  ['cap_capable', 'privilege_change', { type: 'capability', name: 'CAP_SYS_ADMIN' }, null, 'observed'],
  ['__arm64_sys_ptrace', 'syscall', call('ptrace'), null, 'observed'],
  ['do_init_module', 'syscall', call('init_module'), null, 'observed'],
  ['tcp_sendmsg', null, null, null, 'observed'],
  ['security_file_open', 'open', path('/etc/shadow'), null, 'unknown'],
  ['__x64_sys_openat2', 'open', path('/etc/shadow'), null, 'prevented'],
  ['__x64_sys_mkdir', 'open', path('/etc/new'), 'change', 'unknown'],
  ['security_path_unlink', 'open', path('/var/log/audit.log'), 'change', 'prevented'],
  ['__x64_sys_chmod', 'open', path('payload', true), 'change', 'unknown'],
  ['bprm_check_security', 'exec', binary('/tmp/payload'), null, 'observed'],
  ['syscalls/sys_enter_unshare', 'syscall', call('unshare'), null, 'observed'],
  ['EVP_EncryptInit_ex', null, null, null, 'observed'],
  ['mysql/query__start', null, null, null, 'observed'],
]

for (const [hook, action, target, access, effect] of cases) {
  test(`${hook}: what was done, to what, and what came of it`, () => {
    const act = byHook(hook)
    assert.equal(act.class, 'detection')
    assert.deepEqual(
      { action: act.action, target: act.target, access: act.access, effect: act.effect },
      { action, target, access, effect },
    )
  })
}

test('a port that is bound is the one that the caller names', () => {
  const target = byHook('security_socket_bind').target
  assert.deepEqual(target, address({ address: '0.0.0.0', port: 4444, protocol: 'tcp', direction: 'listen' }))
})

test('the whole act of a program that started', () => {
  assert.deepEqual(actOf(processes[0]), {
    class: 'observation',
    sensor: 'tetragon',
    rule: null,
    at: '2026-01-01T10:21:00.123456789Z',
    action: 'exec',
    target: { type: 'binary', path: '/usr/local/bin/node', partial: false },
    access: null,
    subject: {
      cluster: 'prod-eu',
      node: 'node-a',
      namespace: 'shop',
      workload: 'checkout',
      pod: 'checkout-7c9b5d8f6-q2x8z',
      container: `${'3f9d2c1ab0e4'.repeat(5)}abcd`,
      image: 'registry.example/shop/checkout:2.4.1',
      onHost: false,
      pid: 41877,
      uid: 1000,
      executable: '/usr/local/bin/node',
      executablePartial: false,
      commandLine: '/usr/local/bin/node /app/server.js',
      ancestors: ['/usr/bin/containerd-shim-runc-v2', '/usr/lib/systemd/systemd'],
    },
    severity: null,
    confidence: 1,
    effect: 'observed',
    actionTaken: null,
    tags: [],
  })
})

test('a name without a path, a mark of doubt, and nobody to attribute to lower the confidence', () => {
  assert.deepEqual(
    processes.slice(0, 5).map((event) => actOf(event).confidence),
    [1, 0.6, 0.7, 1, 0.7],
  )
})

test('an event is on the host only when it says so', () => {
  assert.equal(actOf(processes[3]).subject.onHost, true)
  assert.equal(actOf(processes[4]).subject.onHost, null)
})

test('an exit is telemetry without an act and tells how the process ended', () => {
  const exit = processes[5] ?? {}
  assert.deepEqual(tetragon.read(exit), {
    class: 'observation',
    sensor: 'tetragon',
    act: null,
    instance: { sensor: 'tetragon', node: 'node-a' },
    at: '2026-01-01T10:26:00.123456789Z',
    watch: [
      {
        sensor: 'tetragon',
        node: 'node-a',
        kind: 'end',
        at: '2026-01-01T10:26:00.123456789Z',
        process: sha256Hex('bm9kZS1hOjEwMDA6NDE4Nzc='),
        signal: 'SIGKILL',
      },
    ],
  })
  assert.equal(tetragon.facts(exit)['signal'], 'SIGKILL')
  assert.equal(tetragon.facts(exit)['status'], 9)
})

test('a loaded library was read', () => {
  const { action, target, access } = actOf(processes[6])
  assert.deepEqual({ action, target, access }, { action: 'open', target: path('/usr/lib/libssl.so.3'), access: 'read' })
})

test('a throttle opens and closes a blind spot; any other word leaves it open', () => {
  const stateOf = (event: JsonObject): unknown => {
    const reading = tetragon.read(event)
    const signal = reading.class === 'health' ? reading.watch[0] : undefined
    return signal?.kind === 'throttle' && [signal.state, signal.scope]
  }
  assert.deepEqual(stateOf(processes[7] ?? {}), ['start', 'pod-a.slice'])
  assert.deepEqual(stateOf(processes[8] ?? {}), ['stop', 'pod-a.slice'])
  assert.deepEqual(stateOf({ process_throttle: { type: 'THROTTLE_MAYBE' }, time: '2026-01-01T00:00:00Z' }), ['start', null])
})

test('dropped events are a loss in the minute before, the count also as text', () => {
  const reading = tetragon.read(processes[9] ?? {})
  assert.deepEqual(reading.class === 'health' && reading.watch, [
    {
      sensor: 'tetragon',
      node: 'node-a',
      kind: 'loss',
      from: '2026-01-01T10:29:00.123456789Z',
      to: '2026-01-01T10:30:00.123456789Z',
      dropped: 1200,
      received: null,
    },
  ])
})

test('a test event is ignored, a kind that we do not know is malformed', () => {
  assert.deepEqual(tetragon.read(processes[10] ?? {}), { class: 'ignored', sensor: 'tetragon', reason: 'test_event' })
  assert.equal(tetragon.recognises(processes[11] ?? {}), true)
  assert.deepEqual(tetragon.read(processes[11] ?? {}), { class: 'malformed', sensor: 'tetragon', reason: 'unknown_kind' })
})

test('a request is not an outcome: what a policy asked for is no proof', () => {
  const facts = (hook: string) => tetragon.facts(policies.find((event) => tetragon.facts(event)['hook'] === hook) ?? {})
  assert.equal(facts('security_bprm_check')['blocked'], false)
  assert.equal(facts('security_file_open')['blocked'], null)
  assert.equal(facts('__x64_sys_openat2')['blocked'], true)
})

const kinds = [
  'process_exec',
  'process_exit',
  'process_kprobe',
  'process_tracepoint',
  'process_lsm',
  'process_uprobe',
  'process_usdt',
  'process_loader',
  'process_throttle',
  'rate_limit_info',
  'test',
  'process_new',
]
const hooks = ['__x64_sys_openat', 'tcp_connect', 'security_file_permission', 'cap_capable', 'constructor', '__proto__']
const anything = fc.oneof(fc.jsonValue(), fc.constantFrom('/a', 'x', 7, ...hooks)) as fc.Arbitrary<JsonObject[string]>
const arg = fc.dictionary(
  fc.constantFrom('file_arg', 'path_arg', 'sock_arg', 'sockaddr_arg', 'capability_arg', 'int_arg', 'string_arg', 'x'),
  fc.oneof(anything, fc.dictionary(fc.constantFrom('path', 'daddr', 'dport', 'name', 'protocol'), anything)),
)
const inner = fc.record(
  {
    process: fc.oneof(
      anything,
      fc.dictionary(fc.constantFrom('binary', 'arguments', 'pid', 'uid', 'pod', 'docker', 'flags', 'ns'), anything),
    ),
    parent: anything,
    ancestors: anything,
    function_name: fc.oneof(fc.constantFrom(...hooks), anything),
    subsys: anything,
    args: fc.oneof(anything, fc.array(arg, { maxLength: 4 })),
    return: anything,
    action: anything,
    type: anything,
  },
  { requiredKeys: [] },
)
const event = fc
  .record({ node_name: anything, time: fc.oneof(fc.constant('2026-01-01T00:00:00Z'), anything) })
  .chain((head) =>
    fc.dictionary(fc.constantFrom(...kinds), fc.oneof(inner, anything), { maxKeys: 2 }).map((body) => ({ ...body, ...head })),
  )

test('no JSON object makes it throw, and each has one reading and printable facts', () => {
  fc.assert(
    fc.property(fc.oneof(event, fc.object()) as fc.Arbitrary<JsonObject>, (outer) => {
      const reading = tetragon.read(outer)
      assert.ok(['detection', 'observation', 'health', 'ignored', 'malformed'].includes(reading.class))
      assert.equal(tetragon.recognises(outer), !('reason' in reading) || reading.reason !== 'unknown_shape')
      JSON.stringify([reading, tetragon.facts(outer)])
    }),
    { numRuns: 1000 },
  )
})

test('a request to kill names the process, hashed; another action, a plain act or a missing id names none', () => {
  const event = (change: JsonObject): JsonObject => ({
    process_lsm: {
      process: { exec_id: 'bjE6MQ==', binary: '/bin/sh' },
      policy_name: 'p',
      action: 'KPROBE_ACTION_SIGKILL',
      ...change,
    },
    node_name: 'n1',
    time: '2026-01-01T10:26:00Z',
  })
  assert.equal(actOf(event({})).toKill, sha256Hex('bjE6MQ=='))
  for (const change of [{ action: 'KPROBE_ACTION_SIGNAL' }, { action: 'KPROBE_ACTION_POST' }, { process: { binary: '/bin/sh' } }])
    assert.equal(actOf(event(change)).toKill, undefined)
  assert.equal(
    actOf({ process_exec: { process: { exec_id: 'bjE6MQ==', binary: '/bin/sh' } }, time: '2026-01-01T10:26:00Z' }).toKill,
    undefined,
  )
})

test('only an end by SIGKILL, dated and named, proves anything', () => {
  const exit = (event: JsonObject, time = '2026-01-01T10:26:00Z') => {
    const reading = tetragon.read({ process_exit: event, node_name: 'n1', time })
    return reading.class === 'observation' ? reading.watch?.length : assert.fail()
  }
  const process = { exec_id: 'bjE6MQ==' }
  assert.equal(exit({ process, signal: 'SIGKILL' }), 1)
  assert.equal(exit({ process, signal: 'SIGTERM' }), undefined)
  assert.equal(exit({ process, status: 0 }), undefined)
  assert.equal(exit({ process: {}, signal: 'SIGKILL' }), undefined)
  assert.equal(exit({ process, signal: 'SIGKILL' }, 'yesterday'), undefined)
})

const compact: readonly (readonly [line: string, kind: string | null])[] = [
  ['\u{1F680} process default/xwing /bin/bash -c "curl ebpf.io"', 'refused'],
  ['\u{1F4A5} exit    default/xwing /bin/bash 0', 'refused'],
  ['2026-01-01T09:00:00.123456789Z \u{1F4EC} open    node-a /bin/cat /etc/shadow', 'refused'],
  ['\u{1F680} released', null],
  ['process default/xwing', null],
]

for (const [line, kind] of compact) {
  test(`${JSON.stringify(line)} is ${kind === null ? 'not ' : ''}Tetragon's form for people`, () => {
    assert.equal(tetragon.text?.kindOf(line), kind)
  })
}
