import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Facts, JsonObject, Reading } from '../connector.ts'
import { createEventReader, type ReadEvent } from '../read/event-reader.ts'
import { connectors } from '../registry.ts'
import { tracee } from './connector.ts'
import { actOf, all, at, called, classic, classicDetections, flat, v1beta1, v1beta1Detections } from './fixtures.ts'

const corpus = new URL('../../../../shared/corpus/sensors/', import.meta.url)
const skip = existsSync(corpus) ? false : 'the corpus of real events is not beside this repository'

test('the whole act of a detection, in either generation', () => {
  const subject = {
    cluster: null,
    node: null,
    namespace: 'shop',
    workload: null,
    pod: 'checkout-7c9b5d8f6-q2x8z',
    container: `${'3f9d2c1ab0e4'.repeat(5)}abcd`,
    image: `registry.example/shop/checkout:2.4.1@sha256:${'0a'.repeat(32)}`,
    onHost: false,
    pid: 41877,
    uid: 1000,
    executable: '/usr/local/bin/node',
    executablePartial: false,
    commandLine: null,
    ancestors: [],
  }
  const common = { class: 'detection', sensor: 'tracee', action: 'open', access: 'read', subject, confidence: 1 } as const
  assert.deepEqual(actOf(called(classicDetections, 'shadow_file_read')), {
    ...common,
    rule: 'shadow_file_read',
    at: '2026-01-01T09:00:33.305000123Z',
    target: { type: 'path', path: '/etc/shadow', partial: false },
    severity: 'high',
    effect: 'observed',
    actionTaken: null,
    tags: ['shop', 'credential-access', 'T1003'],
  })
  assert.deepEqual(actOf(called(v1beta1Detections, 'decoy_file_read')), {
    ...common,
    rule: 'decoy_file_read',
    at: '2026-01-01T09:10:13.305000123Z',
    target: { type: 'path', path: '/root/.ssh', partial: false },
    severity: 'critical',
    effect: 'observed',
    actionTaken: null,
    tags: ['Credential Access', 'T1552'],
  })
})

const severities: readonly (readonly [said: JsonObject[string], severity: string])[] = [
  [0, 'info'],
  [1, 'low'],
  [2, 'medium'],
  [3, 'high'],
  [4, 'critical'],
  ['4', 'critical'],
  ['MEDIUM', 'medium'],
  [5, 'high'],
  [-1, 'high'],
  [1.5, 'high'],
  [null, 'high'],
  ['whatever', 'high'],
  ['length', 'high'],
]

for (const [said, severity] of severities) {
  test(`severity ${JSON.stringify(said)} of a detection is ${severity}`, () => {
    const detection = called(v1beta1Detections, 'threat_alone')
    assert.equal(actOf({ ...detection, threat: { name: 'x', severity: said } }).severity, severity)
    assert.equal(
      actOf({ ...called(classicDetections, 'only_a_name'), metadata: { Properties: { Severity: said } } }).severity,
      severity,
    )
  })
}

test('a detection without a severity is high, plain telemetry has none', () => {
  assert.equal(actOf(called(v1beta1Detections, 'unknown_domain')).severity, 'high')
  assert.equal(actOf(called(classicDetections, 'without_metadata')).severity, 'high')
  assert.equal(actOf(called(v1beta1, 'openat')).severity, null)
})

test('what has nothing in it makes no detection', () => {
  for (const empty of [null, {}, [], '', 0]) {
    assert.equal(tracee.read({ ...at(classic, 5), metadata: empty }).class, 'observation')
    assert.equal(tracee.read({ ...called(v1beta1, 'openat'), threat: empty, detected_from: empty }).class, 'observation')
  }
})

test('an act is on the host only where the PID namespace or the process ids say so', () => {
  const placeOf = (event: JsonObject): boolean | null => actOf(event).subject.onHost
  const module = called(classic, 'module_load')
  assert.equal(placeOf(module), true)
  assert.equal(placeOf({ ...module, pidNamespace: 4_026_533_014 }), null)
  assert.equal(placeOf({ ...module, contextFlags: { containerStarted: true } }), null)
  assert.equal(placeOf({ ...module, containerId: '3f9d2c1ab0e4' }), false)
  assert.equal(placeOf(at(flat, 3)), null)
  assert.equal(placeOf(at(v1beta1, 13)), true)
  const { process } = at(v1beta1, 2)['workload'] as { readonly process: JsonObject }
  assert.equal(placeOf({ ...at(v1beta1, 2), workload: { process } }), null)
})

test('nobody’s acts are doubtful', () => {
  const { process } = at(v1beta1, 3)['workload'] as { readonly process: JsonObject }
  assert.equal(actOf({ ...at(v1beta1, 3), workload: { process } }).confidence, 0.7)
})

test('the machine’s name is a fact and never the node: a container has its own, and may change it', () => {
  const event = called(classic, 'openat')
  assert.equal(tracee.facts(event)['node'], 'checkout-7c9b5d')
  assert.equal(actOf(event).subject.node, null)
  const reading = tracee.read(event)
  assert.ok('instance' in reading && reading.instance.node === null)
})

const times: readonly (readonly [said: JsonObject[string], at: string | null])[] = [
  ['2026-01-01T09:10:01.305000123Z', '1767258601305000123'],
  [{ seconds: '1767258601', nanos: 305_000_123 }, '1767258601305000123'],
  [{ seconds: 1_767_258_601 }, '1767258601000000000'],
  [1_767_258_601_305_000_123n, '1767258601305000123'],
  [4242, null],
  [77.25, null],
  ['null', null],
  [{ seconds: '1767258601', nanos: 1_000_000_000 }, null],
  [{ nanos: 1 }, null],
  [null, null],
]

for (const [said, nanos] of times) {
  test(`the time ${typeof said === 'bigint' ? said : JSON.stringify(said)} is ${nanos ?? 'no time'}`, () => {
    for (const event of [called(classic, 'openat'), called(v1beta1, 'openat')]) {
      assert.equal(tracee.facts({ ...event, timestamp: said })['time_ns'], nanos)
      const reading = tracee.read({ ...event, timestamp: said })
      assert.ok(reading.class === 'observation')
      assert.equal(reading.at === null, nanos === null)
    }
  })
}

test('policies without a name are none; without policies the generations differ', () => {
  const told = (event: JsonObject): unknown => tracee.facts(event)['policies']
  const event = called(classic, 'openat')
  assert.deepEqual(told(event), ['shop'])
  assert.deepEqual(told({ ...event, matchedPolicies: [''] }), [])
  assert.equal(told({ ...event, matchedPolicies: 1 }), null)
  assert.equal(told(called(flat, 'execve')), null)
  assert.deepEqual(told({ ...called(v1beta1, 'openat'), policies: null }), [])
})

test('facts are the event’s own words', () => {
  const { time_ns, container_id, image, ...facts } = tracee.facts(called(v1beta1Detections, 'unknown_domain'))
  assert.deepEqual(
    [time_ns, container_id, image],
    ['1767258614305000123', `${'3f9d2c1ab0e4'.repeat(5)}abcd`, 'registry.example/shop/checkout:2.4.1'],
  )
  assert.deepEqual(facts, {
    dialect: 'v1beta1',
    rule: 'unknown_domain',
    node: null,
    ns: 'shop',
    pod: 'checkout-7c9b5d8f6-q2x8z',
    pid: 41877,
    pid_in_ns: 17,
    uid: 1000,
    exe: '/usr/local/bin/node',
    process_name: 'node',
    syscall: 'sendto',
    file: null,
    domain: 'a.evil.example',
    retval: null,
    native_severity: null,
    technique: null,
    policies: [],
    blocked: false,
  })
  assert.equal(tracee.facts(called(classic, 'ptrace'))['blocked'], true)
  assert.equal(tracee.facts(called(classic, 'tracee_info'))['blocked'], null)
})

test('a nameless event is malformed, and so is what is not Tracee’s at all', () => {
  const nameless: Reading = { class: 'malformed', sensor: 'tracee', reason: 'no_rule' }
  assert.deepEqual(tracee.read({ ...called(classic, 'openat'), eventName: '' }), nameless)
  assert.deepEqual(tracee.read({ ...called(v1beta1, 'openat'), name: '' }), nameless)
  const foreign: readonly JsonObject[] = [
    {},
    { name: 'x' },
    { name: 'x', timestamp: 1, id: 2 },
    { name: 'x', timestamp: 1, data: [] },
    { eventName: 'ConsoleLogin', eventSource: 'signin', eventTime: '2026-01-01T00:00:00Z', eventID: 'a' },
  ]
  for (const event of foreign) {
    assert.equal(tracee.recognises(event), false)
    assert.deepEqual(tracee.read(event), { class: 'malformed', sensor: 'tracee', reason: 'unknown_shape' })
    JSON.stringify(tracee.facts(event))
  }
})

const texts: readonly (readonly [line: string, isText: boolean])[] = [
  ['TIME             UID    COMM             PID     TID     RET              EVENT                     ARGS', true],
  ['09:00:01:123456  1000   sh               41877   41877   0                execve                    pathname: /bin/ls', true],
  ['End of events stream', true],
  ['14:29:25.853256000: Warning something', false],
  ['TIME flies', false],
  ['', false],
]

for (const [line, isText] of texts) {
  test(`${JSON.stringify(line)} is ${isText ? '' : 'not '}Tracee's form for people`, () => {
    assert.equal(tracee.text?.kindOf(line), isText ? 'refused' : null)
  })
}

function readAll(file: URL): readonly ReadEvent[] {
  const events: ReadEvent[] = []
  const reader = createEventReader({ sensor: 'auto', connectors, onEvent: (event) => events.push(event) })
  reader.push(readFileSync(file))
  reader.end()
  return events
}

test('Tracee’s fluent forward, which wraps the event as text, is opened', () => {
  const events: ReadEvent[] = []
  const reader = createEventReader({ sensor: 'auto', connectors, onEvent: (event) => events.push(event) })
  const inner = readFileSync(new URL('fixtures/tracee-0.11.0-events.ndjson', import.meta.url), 'utf8').split('\n', 1)
  reader.push(new TextEncoder().encode(JSON.stringify({ event: inner[0] })))
  reader.end()
  assert.deepEqual(
    events.map(({ reading }) => [reading.sensor, reading.class]),
    [['tracee', 'observation']],
  )
})

test('what Tracee wrote no other connector recognises, and it recognises nobody else’s', () => {
  // A report is no event: it is read whole, and what is told of it are its results.
  for (const { sensor, report, xml } of connectors) {
    if (report !== undefined || xml !== undefined) continue
    const folder = new URL(`../${sensor}/fixtures/`, import.meta.url)
    for (const file of readdirSync(folder)) {
      for (const { event, line } of readAll(new URL(file, folder))) {
        if (event === null) continue
        const claims = connectors.filter((other) => other.recognises(event)).map((other) => other.sensor)
        assert.deepEqual(claims, [sensor], `${file}:${line}`)
      }
    }
  }
})

test('no real event is claimed by Tracee and somebody else', { skip }, () => {
  for (const folder of readdirSync(corpus, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    for (const file of readdirSync(new URL(`${folder.name}/`, corpus)).filter((name) => name.endsWith('.ndjson'))) {
      for (const { event, line } of readAll(new URL(`${folder.name}/${file}`, corpus))) {
        const claims = event === null ? [] : connectors.filter((other) => other.recognises(event)).map((other) => other.sensor)
        const expected = folder.name === 'tracee' ? ['tracee'] : claims.filter((sensor) => sensor !== 'tracee')
        assert.deepEqual(claims, expected, `${file}:${line}`)
      }
    }
  }
})

type Expected = { readonly src_file: string; readonly src_line: number; readonly cls: string } & Facts

test('every key of every real line is as somebody else read it', { skip }, () => {
  const folder = new URL('tracee/', corpus)
  const lines = readFileSync(new URL('EXPECTED.jsonl', folder), 'utf8').trim().split('\n')
  const expected = lines.map((line) => JSON.parse(line) as Expected)
  assert.ok(expected.length > 0)
  const classes: Readonly<Record<string, string>> = { finding: 'detection', telemetry: 'observation', sensor_health: 'health' }
  for (const [file, ofFile] of Map.groupBy(expected, ({ src_file }) => src_file)) {
    const events = readAll(new URL(file, folder))
    assert.equal(events.length, ofFile.length, file)
    for (const { src_file, src_line, cls, ...wanted } of ofFile) {
      const found = events.find(({ line }) => line === src_line)
      assert.ok(found?.event, `${src_file}:${src_line}`)
      assert.equal(found.reading.class, classes[cls], `${src_file}:${src_line}`)
      const told = tracee.facts(found.event)
      for (const [key, value] of Object.entries(wanted)) assert.deepEqual(told[key], value, `${src_file}:${src_line} ${key}`)
    }
  }
})

test('two documented shapes that no build emits are read for what they say', { skip }, () => {
  const events = readAll(new URL('tracee/doc_contradicts_code.ndjson', corpus))
  assert.deepEqual(
    events.map(({ reading }) => ('act' in reading ? [reading.class, reading.act?.action, reading.at !== null] : reading.class)),
    [
      ['observation', 'exec', true],
      ['detection', 'open', true],
    ],
  )
})

const words = [
  '',
  '/a',
  'execve',
  'openat',
  'connect',
  'ptrace',
  'tracee_info',
  'net_packet_dns',
  'cap_capable',
  'AF_UNIX',
  '__proto__',
  'x'.repeat(5000),
]
const anything = fc.oneof(fc.constantFrom<JsonObject[string]>(...words), fc.jsonValue(), fc.bigInt()) as fc.Arbitrary<
  JsonObject[string]
>
const argNames = [
  'pathname',
  'argv',
  'flags',
  'addr',
  'remote_addr',
  'local_addr',
  'metadata',
  'proto_dns',
  'dns_questions',
  'cap',
  'detectedFrom',
  'boot_time',
]
const argument = fc.record({ name: fc.constantFrom(...argNames), value: anything }) as fc.Arbitrary<JsonObject>
const args = fc.oneof(fc.array(argument, { maxLength: 6 }), anything) as fc.Arbitrary<JsonObject[string]>
const classicNames = [...new Set([...classic, ...classicDetections].flatMap((event) => Object.keys(event)))]
const someClassic = fc.dictionary(fc.constantFrom(...classicNames, '__proto__'), anything, { maxKeys: 12 })
const made = fc.oneof(
  someClassic,
  fc.record({ eventName: anything, timestamp: anything, args, metadata: anything }, { requiredKeys: [] }),
  fc.record({ name: anything, timestamp: anything, id: anything, workload: anything, data: args, detected_from: anything }),
  fc.object(),
) as fc.Arbitrary<JsonObject>

test('no JSON object makes it throw, and each has one reading and printable facts', () => {
  fc.assert(
    fc.property(made, (event) => {
      const reading = tracee.read(event)
      assert.ok(['detection', 'observation', 'health', 'malformed'].includes(reading.class))
      assert.equal(tracee.recognises(event), !('reason' in reading) || reading.reason !== 'unknown_shape')
      JSON.stringify([reading, tracee.facts(event)])
    }),
    { numRuns: 3000 },
  )
})

/** The object with the value at one of its places, at any depth, replaced. */
function replaced(object: JsonObject, pick: number, by: JsonObject[string]): JsonObject {
  const keys = Object.keys(object)
  const key = keys[pick % Math.max(keys.length, 1)]
  if (key === undefined) return object
  const value = object[key]
  const isDeeper = typeof value === 'object' && value !== null && !Array.isArray(value) && pick % 5 !== 0
  const inner = Math.floor(pick / 3)
  if (isDeeper) return { ...object, [key]: replaced(value as JsonObject, inner, by) }
  if (!Array.isArray(value) || pick % 5 === 0) return { ...object, [key]: by }
  const items = value as readonly JsonObject[]
  const at = inner % Math.max(items.length, 1)
  const changed = items.map((item, index) => (index !== at ? item : typeof item === 'object' ? replaced(item, inner, by) : by))
  return { ...object, [key]: changed as JsonObject[string] }
}

test('a line with anything in it replaced, at any depth, is still one reading', () => {
  fc.assert(
    fc.property(fc.constantFrom(...all), fc.nat(), anything, (event, pick, by) => {
      const changed = replaced(event, pick, by)
      assert.doesNotThrow(() => JSON.stringify([tracee.read(changed), tracee.facts(changed)]))
    }),
    { numRuns: 3000 },
  )
})
