import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Act, Target } from '../../../core/model/act.ts'
import type { JsonObject, Reading } from '../connector.ts'
import { createParse } from '../read/parse.ts'
import { defaultLimits } from '../read/limits.ts'
import { falco } from './connector.ts'

const parse = createParse(defaultLimits, falco.exactIntegers ?? [])

function fixture(name: string): readonly JsonObject[] {
  const lines = readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => {
    const event = parse.text(line)
    assert.ok(typeof event !== 'string', line)
    return event
  })
}

const alerts = [...fixture('falco-0.41.0-alerts.ndjson'), ...fixture('falco-0.27.0-alerts.ndjson')]
const internal = fixture('falco-0.41.0-internal.ndjson')

function actOf(rule: string): Act {
  const event = alerts.find((alert) => alert['rule'] === rule)
  assert.ok(event, rule)
  const reading = falco.read(event)
  assert.ok(reading.class === 'detection' && reading.act)
  return reading.act
}

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
  rule: string,
  action: Act['action'],
  target: Target | null,
  access: Act['access'],
  confidence: number,
])[] = [
  ['Shell in checkout', 'exec', binary('/bin/busybox'), null, 1],
  ['Write below app', 'open', path('/app/server.js'), 'write', 1],
  ['Read credentials', 'open', path('/root/.aws/credentials'), 'read', 1],
  ['Unexpected egress', 'connect', address({ address: '203.0.113.7', name: 'pay.example', port: 443, protocol: 'tcp' }), null, 1],
  ['Inbound admin', 'connect', address({ address: '198.51.100.9', port: 8443, protocol: 'tcp', direction: 'in' }), null, 1],
  ['Opens a port', 'connect', address({ address: '0.0.0.0', port: 4444, protocol: 'tcp', direction: 'listen' }), null, 1],
  ['Docker socket', 'connect', path('/var/run/docker.sock'), null, 1],
  ['Ptrace', 'syscall', call('ptrace'), null, 1],
  ['Becomes root', 'privilege_change', call('setuid'), null, 1],
  ['Makes executable', 'open', path('/tmp/payload'), 'change', 1],
  ['Module on host', 'syscall', call('finit_module'), null, 1],
  ['Denied program', 'exec', binary('/tmp/payload'), null, 1],
  ['Container starts', null, null, null, 1],
  ['Unheard of priority', 'syscall', call('dup2'), null, 1],
  ['Cluster role bound', null, null, null, 1],
  ['Shell without type', null, null, null, 0.6],
  ['File without type', 'open', path('/etc/crontab'), null, 0.6],
  ['Socket without type', 'connect', address({ address: '2001:db8::1', port: 53, protocol: 'udp' }), null, 0.6],
  ['Socket with ports', 'connect', address({ address: '192.0.2.4', port: 22 }), null, 1],
  ['Pipe', null, null, null, 0.7],
  ['Cut by a relay', 'open', path(`/data/${'a'.repeat(60)}[...]`, true), null, 0.6],
  ['Only the head', null, null, null, 0.7],
]

for (const [rule, action, target, access, confidence] of cases) {
  test(`${rule}: what was done, to what, and how sure that is`, () => {
    const act = actOf(rule)
    assert.deepEqual(
      { action: act.action, target: act.target, access: act.access, confidence: act.confidence },
      { action, target, access, confidence },
    )
  })
}

test('the whole act of a shell in a container', () => {
  assert.deepEqual(actOf('Shell in checkout'), {
    class: 'detection',
    sensor: 'falco',
    rule: 'Shell in checkout',
    at: '2026-01-01T09:01:01.000000123Z',
    action: 'exec',
    target: { type: 'binary', path: '/bin/busybox', partial: false },
    access: null,
    subject: {
      cluster: null,
      node: 'node-a',
      namespace: 'shop',
      workload: null,
      pod: 'checkout-7c9b5d8f6-q2x8z',
      container: '3f9d2c1ab0e4',
      image: 'registry.example/shop/checkout:2.4.1',
      onHost: false,
      pid: 41877,
      uid: 1000,
      executable: '/bin/busybox',
      executablePartial: false,
      commandLine: 'sh -c id',
      ancestors: ['/usr/local/bin/node', 'containerd-shim'],
    },
    severity: 'low',
    confidence: 1,
    effect: 'observed',
    actionTaken: null,
    tags: ['container', 'shell', 'mitre_execution', 'T1059'],
  })
})

test('the host is a place of its own, without a container', () => {
  const { subject } = actOf('Module on host')
  assert.equal(subject.onHost, true)
  assert.equal(subject.container, null)
})

test('fields that Falco could not resolve are null, not text', () => {
  const { subject } = actOf('Shell without type')
  assert.equal(subject.namespace, null)
  assert.equal(subject.pod, null)
})

test('priorities map onto our scale, an unheard of one is high', () => {
  const severities = [
    'Shell in checkout',
    'Write below app',
    'Ptrace',
    'Becomes root',
    'Module on host',
    'Container starts',
    'Unheard of priority',
    'Pipe',
  ]
  assert.deepEqual(
    severities.map((rule) => actOf(rule).severity),
    ['low', 'high', 'medium', 'critical', 'critical', 'info', 'high', 'info'],
  )
})

test('a refusal by the kernel is told from an act that happened', () => {
  assert.equal(actOf('Ptrace').effect, 'prevented')
  assert.equal(actOf('Denied program').effect, 'prevented')
  assert.equal(actOf('Becomes root').effect, 'observed')
})

const instance = { sensor: 'falco', node: 'node-a' }

function healthOf(index: number): Extract<Reading, { class: 'health' }> {
  const reading = falco.read(internal[index] ?? {})
  assert.ok(reading.class === 'health')
  return reading
}

test('a metrics snapshot is a heartbeat with counters, exact start and the digests of the rules, numbers or texts', () => {
  const at = '2026-01-01T09:30:00.000000009Z'
  const counters = {
    ...instance,
    kind: 'counters',
    at,
    startedAt: '2026-01-01T09:00:00.123456789Z',
    received: 904_411,
    dropped: 17,
  }
  assert.equal(healthOf(0).at, at)
  assert.deepEqual(healthOf(0).watch, [
    {
      ...counters,
      version: '0.41.0',
      undelivered: 3,
      reloadedAt: '2026-01-01T09:00:00.223456789Z',
      matched: null,
      policies: { falco_rules_yaml: 'ab'.repeat(32), shop_yaml: 'cd'.repeat(32) },
    },
  ])
  assert.deepEqual(healthOf(1).watch, [
    { ...counters, version: '0.40.0', undelivered: null, reloadedAt: null, matched: null, policies: {} },
  ])
})

/** What a snapshot with these fields says of rules. */
function rulesOf(fields: JsonObject) {
  const snapshot = { ...internal[0], output_fields: { 'falco.rules.matches_total': 5, ...fields } }
  const reading = falco.read(snapshot)
  assert.ok(reading.class === 'health')
  const [signal] = reading.watch
  assert.ok(signal?.kind === 'counters')
  return [signal.matched, signal.rules]
}

test('a snapshot says how often each rule matched, also as text; the total is no rule, and what did not match is left out', () => {
  const counted = { 'falco.rules.Terminal_shell_in_container': 3, 'falco.rules.Execution_from_dev_shm': '2' }
  assert.deepEqual(rulesOf(counted), [5, { Terminal_shell_in_container: 3, Execution_from_dev_shm: 2 }])
  assert.deepEqual(rulesOf({ 'falco.rules.Find_AWS_Credentials': 0 }), [5, undefined])
  assert.deepEqual(rulesOf({ ...counted, 'falco.rules.matches_total': 7 })[0], 7)
})

test('a counter that is none, and a name that Falco does not write, are left out', () => {
  const odd = { 'falco.rules.a': -1, 'falco.rules.b': 1.5, 'falco.rules.c': null, 'falco.rules.d': 'x', 'falco.rules.': 1 }
  assert.deepEqual(rulesOf({ ...odd, 'falco.rules.not sanitised': 1, [`falco.rules.${'x'.repeat(257)}`]: 1 }), [5, undefined])
})

test('an alert is counted under the name that Falco makes of its rule', () => {
  const names = {
    'Execution from /dev/shm': 'Execution_from_dev_shm',
    'Read sensitive file (untrusted)': 'Read_sensitive_file_untrusted',
    'Execution__from  /dev/_shm': 'Execution_from_dev_shm',
    '/etc: caf\u00e9 ': '_etc:_caf',
    ___: null,
    '\u00e9': null,
    'matches total': null,
    ['x'.repeat(257)]: null,
  }
  for (const [rule, name] of Object.entries(names)) {
    const reading = falco.read({ rule, priority: 'Notice' })
    assert.ok(reading.class === 'detection')
    assert.equal(reading.countedAs, name, rule)
  }
})

test('a drop alert is a loss in the second before it, also when a relay rewrote its source', () => {
  const [from, to] = ['2026-01-01T09:30:59.250000000Z', '2026-01-01T09:31:00.250000000Z']
  assert.deepEqual(healthOf(2).watch, [{ ...instance, kind: 'loss', from, to, dropped: 90, received: 700 }])
})

test('a failed reload lasts, reads that time out do not', () => {
  const faults = [3, 4].map((index) => healthOf(index).watch[0])
  assert.deepEqual(
    faults.map((fault) => fault?.kind === 'fault' && fault.lasting),
    [true, false],
  )
})

test("a relay's test message does not show that Falco was alive", () => assert.equal(healthOf(5).at, null))

test('an undated snapshot proves nothing and counts nothing', () => {
  assert.deepEqual(falco.read(internal[6] ?? {}), { class: 'health', sensor: 'falco', instance, at: null, watch: [] })
})

test('an alert without a rule is malformed', () => {
  assert.deepEqual(falco.read({ rule: 7, priority: 'Notice' }), { class: 'malformed', sensor: 'falco', reason: 'no_rule' })
})

const texts = [
  '/a',
  'a:1->b:2',
  '1.2.3.4:5->6.7.8.9:10',
  'execve',
  'connect',
  'host',
  '<NA>',
  '',
  'syscall',
  'internal',
  'Falco internal: metrics snapshot',
]
const names = [
  'evt.type',
  'fd.name',
  'fd.sip',
  'fd.sport',
  'fd.typechar',
  'container.id',
  'proc.exepath',
  'proc.name',
  'evt.arg.flags',
  'user.uid',
  'falco.start_ts',
  '__proto__',
]
const anything = fc.oneof(fc.constantFrom(...texts), fc.jsonValue(), fc.bigInt()) as fc.Arbitrary<JsonObject[string]>
const alert = fc.record({
  rule: anything,
  priority: anything,
  source: anything,
  time: fc.oneof(fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z+2', '1970-01-01T00:00:00Z'), anything),
  hostname: anything,
  tags: anything,
  output_fields: fc.oneof(fc.dictionary(fc.constantFrom(...names), anything), anything),
})

test('no JSON object makes it throw, and each has one reading and printable facts', () => {
  fc.assert(
    fc.property(fc.oneof(alert, fc.object()) as fc.Arbitrary<JsonObject>, (event) => {
      assert.equal(typeof falco.recognises(event), 'boolean')
      assert.ok(['detection', 'health', 'malformed'].includes(falco.read(event).class))
      JSON.stringify([falco.read(event), falco.facts(event)])
    }),
    { numRuns: 1000 },
  )
})

test('a snapshot counts how often rules matched, as a number or a text; what is no count is not said', () => {
  const matchedOf = (matched: JsonObject[string]): unknown => {
    const reading = falco.read({
      rule: 'Falco internal: metrics snapshot',
      source: 'internal',
      time: '2026-01-01T09:30:00Z',
      output_fields: { 'falco.rules.matches_total': matched },
    })
    const signal = reading.class === 'health' ? reading.watch[0] : undefined
    return signal?.kind === 'counters' ? signal.matched : assert.fail()
  }
  assert.deepEqual(
    [matchedOf(57), matchedOf('57'), matchedOf(-1), matchedOf('many'), matchedOf(null)],
    [57, 57, null, null, null],
  )
})

test('an event that a relay cut carries the mark and less confidence, whichever field shows it', () => {
  const event = (parent: string): JsonObject => ({
    time: '2026-03-02T10:00:00.000000001Z',
    rule: 'Run shell untrusted',
    priority: 'Notice',
    source: 'syscall',
    tags: ['shell'],
    output_fields: {
      'evt.type': 'execve',
      'proc.exepath': '/usr/bin/bash',
      'proc.pcmdline': parent,
      'container.id': 'af3e0be6ca27',
      'k8s.pod.name': 'api-1',
    },
  })
  const actOf = (parent: string) => {
    const reading = falco.read(event(parent))
    assert.equal(reading.class, 'detection')
    return reading.class === 'detection' ? reading.act : null
  }
  assert.deepEqual([actOf('node server.js')?.confidence, actOf('node server.js')?.tags], [1, ['shell']])
  assert.deepEqual(
    [actOf(`${'a'.repeat(507)}[...]`)?.confidence, actOf(`${'a'.repeat(507)}[...]`)?.tags],
    [0.7, ['shell', 'relayed/truncated']],
  )
})

/** What falcosidekick makes of a long text in a large payload: 507 bytes of it and its mark, in the field and within `output`. */
const cut = (text: string): string => `${Buffer.from(text).subarray(0, 507).toString()}[...]`

const relayed: readonly (readonly [what: string, event: JsonObject, confidence: number])[] = [
  ['the command line, its text standing in the middle of the output', { 'proc.cmdline': cut('node '.repeat(200)) }, 0.7],
  ['half a character at the cut', { 'proc.cmdline': cut(`x${'é'.repeat(300)}`) }, 0.7],
  ['a field whose brackets were renamed', { 'proc.aname_2': cut('a'.repeat(600)) }, 0.7],
  ['a field that is not read at all', { 'evt.args': cut('a'.repeat(600)) }, 0.7],
  ['the program', { 'proc.exepath': cut(`/${'a'.repeat(600)}`) }, 0.6],
  ['nothing', { 'proc.cmdline': 'echo [...] more' }, 1],
  ['a list, which no relay cuts', { 'k8s.pod.labels': ['[...]'] }, 1],
]

for (const [what, fields, confidence] of relayed) {
  test(`a relay cut ${what}: the event ${confidence === 1 ? 'is whole' : 'is marked'}`, () => {
    const known = { 'evt.type': 'execve', 'proc.exepath': '/bin/sh', 'container.id': 'af3e0be6ca27', 'k8s.pod.name': 'api-1' }
    const reading = falco.read({
      rule: 'Shell',
      priority: 'Notice',
      time: '2026-01-01T09:00:00Z',
      uuid: '0f0e0d0c-0b0a-4908-8706-050403020100',
      output: `09:00:00.000000000: Notice Shell (command=${cut('node '.repeat(200))} container_id=af3e0be6ca27)`,
      output_fields: { ...known, ...fields },
    })
    assert.ok(reading.class === 'detection' && reading.act)
    assert.equal(reading.act.confidence, confidence)
    assert.deepEqual(reading.act.tags, confidence === 1 ? [] : ['relayed/truncated'])
    assert.equal(reading.act.target?.type === 'binary' && reading.act.target.partial, confidence === 0.6)
  })
}

test('a cut name of a server is no name, and a cut path of a socket no whole path', () => {
  const target = (fields: JsonObject): Target | null => {
    const reading = falco.read({ rule: 'Egress', priority: 'Notice', output_fields: { 'evt.type': 'connect', ...fields } })
    return reading.class === 'detection' ? (reading.act?.target ?? null) : null
  }
  assert.deepEqual(
    target({ 'fd.sip': '203.0.113.7', 'fd.sport': 443, 'fd.sip.name': cut('a.example,'.repeat(60)) }),
    address({ address: '203.0.113.7', port: 443 }),
  )
  assert.deepEqual(target({ 'fd.name': cut(`/run/${'a'.repeat(600)}`) }), path(cut(`/run/${'a'.repeat(600)}`), true))
})
