import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createFold } from '../../../core/judge/fold.ts'
import { accesses, actions, effects, type Act } from '../../../core/model/act.ts'
import { severities } from '../../../core/model/severity.ts'
import { eventTimeOfNanos } from '../../../core/model/time.ts'
import type { JsonObject, Reading } from '../connector.ts'
import { foldEvent } from '../fold-event.ts'
import { nobody } from '../subject.ts'
import { connectors } from '../registry.ts'
import { runproof } from './connector.ts'
import { actRecord, watchRecord, type Recordable } from './record.ts'

const parsed = (line: string): JsonObject => JSON.parse(line) as JsonObject
const records = readFileSync(new URL('fixtures/canonical-v1.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(parsed)
const recordOf = (kind: string): JsonObject => records.find((record) => record['kind'] === kind) ?? assert.fail(kind)
const processId = 'ab'.repeat(32)

function actOf(record: JsonObject): Act {
  const reading = runproof.read(record)
  assert.ok((reading.class === 'detection' || reading.class === 'observation') && reading.act, JSON.stringify(reading))
  return reading.act
}

function healthOf(record: JsonObject): Extract<Reading, { class: 'health' }> {
  const reading = runproof.read(record)
  assert.ok(reading.class === 'health', JSON.stringify(reading))
  return reading
}

test('the whole act of a guard’s record', () => {
  assert.deepEqual(actOf(recordOf('detection')), {
    class: 'detection',
    sensor: 'runproof',
    rule: 'no-shell',
    at: '2026-01-01T09:00:00.500000000Z',
    action: 'exec',
    target: { type: 'binary', path: '/bin/busybox', partial: false },
    access: null,
    subject: {
      cluster: 'prod-eu1',
      node: 'node-a',
      namespace: 'shop',
      workload: 'checkout',
      pod: 'checkout-7c9b5d8f6-q2x8z',
      container: '3f9d2c1ab0e4',
      image: 'registry.example/shop/checkout:2.4.1',
      onHost: false,
      pid: 41877,
      uid: 1000,
      executable: '/bin/busybox',
      executablePartial: false,
      commandLine: 'sh -c id',
      ancestors: ['/usr/local/bin/node'],
    },
    severity: 'high',
    confidence: 1,
    effect: 'terminated',
    actionTaken: 'kill',
    toKill: processId,
    tags: ['T1059'],
  })
})

test('addresses get their one form, a state check needs nobody who ran, a write is a write', () => {
  const [connect, state, write] = records.slice(1, 4).map(actOf)
  assert.deepEqual(connect?.target, {
    type: 'address',
    address: '2001:db8::1',
    name: 'pay.example',
    port: 443,
    protocol: 'tcp',
    direction: 'out',
  })
  assert.deepEqual([connect?.class, connect?.severity], ['observation', null])
  assert.deepEqual([state?.action, state?.confidence, state?.subject.onHost], ['state', 1, true])
  assert.deepEqual([write?.access, write?.effect, write?.confidence], ['write', 'prevented', 1])
})

test('only health and counters are signs of life: loss, throttle and fault may be told by somebody else', () => {
  const at = (kind: string): unknown => healthOf(recordOf(kind)).at
  assert.deepEqual([at('health'), at('counters')], ['2026-01-01T09:00:10.000000000Z', '2026-01-01T09:00:30.000000000Z'])
  assert.deepEqual([at('loss'), at('throttle'), at('fault')], [null, null, null])
})

test('each kind says what the model can hold, in the name of the sensor that it speaks for', () => {
  const falco = { sensor: 'falco', node: 'node-a' }
  const guard = { sensor: 'runproof', node: 'node-a' }
  assert.deepEqual(healthOf(recordOf('health')), {
    class: 'health',
    sensor: 'runproof',
    instance: guard,
    at: '2026-01-01T09:00:10.000000000Z',
    watch: [],
  })
  assert.deepEqual(healthOf(recordOf('counters')).watch, [
    {
      ...falco,
      kind: 'counters',
      at: '2026-01-01T09:00:30.000000000Z',
      startedAt: '2026-01-01T08:00:00.000000000Z',
      reloadedAt: '2026-01-01T08:30:00.000000000Z',
      version: '0.41.0',
      received: 100,
      dropped: 2,
      undelivered: 1,
      matched: 7,
      policies: { falco_rules_yaml: processId },
    },
  ])
  const span = { from: '2026-01-01T09:00:40.000000000Z', to: '2026-01-01T09:01:00.000000000Z' }
  assert.deepEqual(healthOf(recordOf('loss')).watch, [{ ...falco, kind: 'loss', ...span, dropped: 12, received: null }])
  assert.deepEqual(
    records.filter(({ kind }) => kind === 'throttle').map((record) => healthOf(record).watch),
    [
      [{ ...guard, kind: 'throttle', at: '2026-01-01T09:02:00.000000000Z', state: 'start', scope: 'kubepods/pod1' }],
      [{ ...guard, kind: 'throttle', at: '2026-01-01T09:02:05.000000000Z', state: 'stop', scope: 'kubepods/pod1' }],
    ],
  )
  const what = 'its metrics could not be read: connection refused'
  assert.deepEqual(healthOf(recordOf('fault')).watch, [
    { ...falco, kind: 'fault', at: '2026-01-01T09:03:00.000000000Z', what, lasting: false },
  ])
  assert.deepEqual(runproof.read(recordOf('end')), {
    class: 'observation',
    sensor: 'runproof',
    act: null,
    instance: guard,
    at: '2026-01-01T09:00:00.600000000Z',
    watch: [{ ...guard, kind: 'end', at: '2026-01-01T09:00:00.600000000Z', process: processId, signal: 'SIGKILL' }],
  })
})

for (const [why, reason, changed] of [
  ['another version of the form', 'unknown_version', { ...recordOf('health'), runproof: 'v2' }],
  ['a kind that we do not know', 'unknown_kind', { ...recordOf('health'), kind: 'applause' }],
  ['a beat, which is counted and never told', 'unknown_kind', { ...recordOf('health'), kind: 'beat' }],
  ['nobody’s record', 'no_sensor', { ...recordOf('health'), sensor: null }],
  ['a sensor whose name is none', 'no_sensor', { ...recordOf('health'), sensor: '../falco' }],
  ['an action that we do not know', 'unknown_action', { ...recordOf('detection'), action: 'dance' }],
  ['a target of no kind', 'unknown_target', { ...recordOf('detection'), target: { type: 'planet', name: 'Mars' } }],
  ['a target without a name', 'unknown_target', { ...recordOf('detection'), target: { type: 'state' } }],
  ['a target that is no object', 'unknown_target', { ...recordOf('detection'), target: '/bin/sh' }],
  ['the end of no process', 'no_process', { ...recordOf('end'), process: '4711' }],
  ['an end by nothing', 'no_process', { ...recordOf('end'), signal: null }],
] as const) {
  test(`malformed: ${why}`, () => {
    assert.deepEqual(runproof.read(changed), { class: 'malformed', sensor: 'runproof', reason })
  })
}

test('an unknown severity is high, an unknown effect claims nothing, and an end without its signal is no proof', () => {
  const record = recordOf('detection')
  assert.equal(actOf({ ...record, severity: 'harmless' }).severity, 'high')
  assert.equal(actOf({ ...record, severity: null }).severity, null)
  assert.equal(actOf({ ...record, effect: 'blocked' }).effect, 'unknown')
  assert.equal(actOf({ ...record, signal: null }).effect, 'unknown')
  assert.equal(actOf({ ...record, access: 'glance' }).access, null)
  assert.equal(Object.hasOwn(actOf({ ...record, toKill: 'everybody' }), 'toKill'), false)
})

test('a record can lower the confidence that its content deserves and never raise it', () => {
  const record = recordOf('detection')
  const without = { ...record, subject: {} }
  assert.deepEqual(
    [0.5, 1, null, 'sure', 7].map((confidence) => actOf({ ...record, confidence }).confidence),
    [0.5, 1, 1, 0.7, 0.7],
  )
  assert.equal(actOf({ ...without, confidence: 1 }).confidence, 0.6)
})

test('the node of an act is the record’s own, whatever its subject says', () => {
  assert.equal(actOf({ ...recordOf('detection'), subject: { node: 'somewhere-else' } }).subject.node, 'node-a')
})

test('a fault lasts unless it is said to be over, a throttle ends only with a clear stop, a loss spans all that it names', () => {
  const fault = healthOf({ ...recordOf('fault'), lasting: 'no', what: null }).watch[0]
  assert.ok(fault?.kind === 'fault')
  assert.deepEqual([fault.lasting, fault.what], [true, 'a fault that is not described'])
  const throttle = healthOf({ ...recordOf('throttle'), state: 'STOP' }).watch[0]
  assert.ok(throttle?.kind === 'throttle' && throttle.state === 'start')
  const backwards = { ...recordOf('loss'), from: '2026-01-01T09:05:00Z', to: 'whenever' }
  const loss = healthOf(backwards).watch[0]
  assert.ok(loss?.kind === 'loss')
  assert.deepEqual([loss.from, loss.to], ['2026-01-01T09:01:00.000000000Z', '2026-01-01T09:05:00.000000000Z'])
})

test('an undated record keeps its class and proves nothing about any minute', () => {
  for (const record of records) {
    const { class: kind } = runproof.read(record)
    const undated = runproof.read({ ...record, at: '0001-01-01T00:00:00Z' })
    assert.equal(undated.class, kind)
    assert.ok(undated.class !== 'malformed' && undated.class !== 'ignored')
    assert.deepEqual([undated.at, undated.watch ?? []], [null, []])
  }
})

test('texts and lists are cut to what evidence may hold', () => {
  const long = 'x'.repeat(100_000)
  const many = Array.from({ length: 1000 }, () => long)
  const act = actOf({ ...recordOf('detection'), rule: long, tags: many, subject: { commandLine: long, ancestors: many } })
  assert.deepEqual(
    [act.rule?.length, act.tags.length, act.subject.commandLine?.length, act.subject.ancestors.length],
    [4096, 32, 16_384, 32],
  )
  const policies = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`p${index}`, processId]))
  const counters = healthOf({ ...recordOf('counters'), policies: { ...policies, bad: 'no digest' } }).watch[0]
  assert.ok(counters?.kind === 'counters')
  assert.equal(Object.keys(counters.policies).length, 256)
})

test('a record is nobody else’s, and nobody else’s event is a record', () => {
  for (const record of records)
    assert.deepEqual(
      connectors.filter(({ recognises }) => recognises(record)).map(({ sensor }) => sensor),
      ['runproof'],
    )
  for (const other of [{}, { runproof: 'v1' }, { kind: 'health' }, { runproof: 1, kind: 'health' }, { rule: 'r', priority: 'p' }])
    assert.equal(runproof.recognises(other), false)
})

test('counters of another sensor fold into that sensor’s life, a fault of it does not', () => {
  const window = {
    id: 'w',
    application: 'shop',
    environment: 'prod',
    start: '2026-01-01T09:00:00Z',
    end: '2026-01-01T10:00:00Z',
  } as unknown as Parameters<typeof createFold>[0]['window']
  const fold = createFold({ window, cluster: null, workloads: [] })
  for (const record of [recordOf('counters'), recordOf('fault')])
    foldEvent(fold, { reading: runproof.read(record), raw: new Uint8Array(1) }, new Uint8Array(32))
  const watch = [...fold.intake().watch.values()]
  const beats = watch.flatMap((signal) => (signal.kind === 'beat' ? [`${signal.sensor} ${signal.signal} ${signal.count}`] : []))
  assert.deepEqual(beats, ['falco health 1'])
  assert.deepEqual(watch.map(({ kind }) => kind).sort(), ['beat', 'counters', 'fault'])
})

/** As JSON makes it: generated records have no prototype. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

const time = fc.bigInt({ min: 2_000_000_000n, max: 9_000_000_000_000_000_000n }).map((nanos) => eventTimeOfNanos(nanos) ?? '')
const word = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
const count = fc.option(fc.nat())
const instance = { sensor: fc.constantFrom('falco', 'runproof', 'tetragon'), node: fc.option(word) }
const hex = fc.constantFrom(processId, '0'.repeat(64))
const kindOf = <K extends string>(kind: K) => ({ kind: fc.constant(kind) })

const signal: fc.Arbitrary<Recordable> = fc.oneof(
  fc.record({ ...instance, ...kindOf('health'), at: time }),
  fc.record({
    ...instance,
    ...kindOf('counters'),
    at: time,
    startedAt: fc.option(time),
    reloadedAt: fc.option(time),
    version: fc.option(word),
    received: count,
    dropped: count,
    undelivered: count,
    matched: count,
    policies: fc.dictionary(word, hex, { noNullPrototype: true }),
  }),
  fc
    .record({ ...instance, ...kindOf('loss'), from: time, to: time, dropped: count, received: count })
    .map((loss) => (loss.from <= loss.to ? loss : { ...loss, from: loss.to, to: loss.from })),
  fc.record({
    ...instance,
    ...kindOf('throttle'),
    at: time,
    state: fc.constantFrom('start' as const, 'stop' as const),
    scope: fc.option(word),
  }),
  fc.record({ ...instance, ...kindOf('fault'), at: time, what: word, lasting: fc.boolean() }),
  fc.record({ ...instance, ...kindOf('end'), at: time, process: hex, signal: fc.constantFrom('SIGKILL', 'SIGTERM') }),
)

test('every signal that is written is read as the same signal', () => {
  fc.assert(
    fc.property(signal, (written) => {
      const reading = runproof.read(parsed(watchRecord(written, { reason: 'why' })))
      assert.ok(reading.class === 'health' || reading.class === 'observation', JSON.stringify(reading))
      assert.deepEqual(reading.instance, { sensor: written.sensor, node: written.node })
      assert.deepEqual(reading.watch, written.kind === 'health' ? [] : [plain(written)])
    }),
  )
})

const act: fc.Arbitrary<Act> = fc.record({
  class: fc.constantFrom('detection' as const, 'observation' as const),
  sensor: instance.sensor,
  rule: fc.option(word),
  at: fc.option(time),
  action: fc.constantFrom(...actions),
  target: fc.record({ type: fc.constant('path' as const), path: word.map((name) => `/${name}`), partial: fc.boolean() }),
  access: fc.option(fc.constantFrom(...accesses)),
  subject: fc.record({
    ...Object.fromEntries(Object.entries(nobody).map(([key, value]) => [key, fc.constant(value)])),
  }) as fc.Arbitrary<Act['subject']>,
  severity: fc.option(fc.constantFrom(...severities)),
  confidence: fc.constantFrom(0, 0.3),
  effect: fc.constantFrom(...effects),
  actionTaken: fc.option(word),
  tags: fc.array(word, { maxLength: 5 }),
})

test('every act that is written is read as the same act', () => {
  fc.assert(
    fc.property(act, fc.option(word), (written, node) => {
      const whole = { ...written, subject: { ...written.subject, node } }
      assert.deepEqual(actOf(parsed(actRecord(whole, 'SIGKILL'))), plain(whole))
    }),
  )
})
