import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { accesses, actions, effects } from '../model/act.ts'
import { severities } from '../model/severity.ts'
import type { Identity } from '../model/behaviour.ts'
import { jcs, type JsonValue } from '../proof/jcs.ts'
import { parseJson } from '../proof/json.ts'
import { LineReader, readManyLine, type ManyLine } from './canonical-line.ts'
import { readLine, type SealedLine } from './evidence.ts'
import { fingerprint } from './fingerprint.ts'
import { sightingKey, sortedByKey } from './merge.ts'

const word = fc.oneof(
  fc.constantFrom('falco', 'api', '/bin/sh -c "id"', 'caf\u00e9', 'a\\b', '\u2028', '', 'Read \u{1f600}'),
  fc.string({ maxLength: 12 }),
)
const orNull = <T>(it: fc.Arbitrary<T>) => fc.option(it, { nil: null })
const count = fc.oneof(fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER))
const atLeastOne = fc.oneof(
  fc.nat().map((more) => more + 1),
  fc.constant(Number.MAX_SAFE_INTEGER),
)
const time = fc.nat(59).map((second) => `2026-03-02T08:33:${String(second).padStart(2, '0')}.305000000Z`)
const minute = fc.constantFrom('2026-03-02T08:33', '2026-03-02T08:34')
const digest = fc.constantFrom('0'.repeat(64), 'af'.repeat(32))

const target = fc.oneof(
  fc.record({ type: fc.constantFrom('binary', 'path'), path: word, partial: fc.boolean() }),
  fc.record({
    type: fc.constant('address'),
    address: orNull(word),
    name: orNull(word),
    port: orNull(fc.integer()),
    protocol: orNull(word),
    direction: fc.constantFrom('out', 'in', 'listen'),
  }),
  fc.record({ type: fc.constantFrom('capability', 'syscall', 'resource', 'state'), name: word }),
)
const identity = fc.record({
  application: word,
  environment: word,
  cluster: orNull(word),
  namespace: orNull(word),
  workload: orNull(word),
  action: orNull(fc.constantFrom(...actions)),
  executable: orNull(word),
  target: orNull(target),
})
const sample = fc.record({
  at: orNull(word),
  digest: word,
  node: orNull(word),
  pod: orNull(word),
  container: orNull(word),
  image: orNull(word),
  pid: orNull(fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true, max: 1e15, min: -1e15 }))),
  uid: orNull(fc.nat()),
  commandLine: orNull(word),
  ancestors: fc.array(word, { maxLength: 3 }),
  tags: fc.array(word, { maxLength: 3 }),
  redacted: count,
})
const sighting = fc.record({
  class: fc.constantFrom('detection' as const, 'observation' as const),
  sensor: word,
  rule: orNull(word),
  severity: orNull(fc.constantFrom(...severities)),
  confidence: fc.constantFrom(0, 0.35, 1, 1e-7),
  effect: fc.constantFrom(...effects),
  access: orNull(fc.constantFrom(...accesses)),
  actionTaken: orNull(word),
  toKill: orNull(digest),
  minute: orNull(minute),
  count: count.map((some) => Math.max(1, some)),
  first: orNull(time),
  last: orNull(time),
})
const behaviour = fc.record({
  identity,
  samples: fc.array(sample, { maxLength: 3 }),
  sightings: fc.array(sighting, { minLength: 1, maxLength: 3 }),
})
const line = fc.oneof(
  behaviour.map(({ identity, samples, sightings }) => ({
    kind: 'behaviour',
    fingerprint: fingerprint(identity as Identity),
    identity,
    samples,
    sightings: sortedByKey(new Map(sightings.map((each) => [sightingKey(each), each]))).map(([, each]) => each),
  })),
  fc
    .record({
      sensor: word,
      node: orNull(word),
      signal: fc.constantFrom('health', 'activity'),
      minute,
      first: time,
      last: time,
      count,
      detections: count,
      rules: fc.option(fc.dictionary(word, atLeastOne, { minKeys: 1, maxKeys: 4, noNullPrototype: true }), { nil: undefined }),
    })
    .map(({ rules, ...signal }) => ({ kind: 'watch', signal: { ...signal, kind: 'beat', ...(rules && { rules }) } })),
  fc
    .record({ firstWindow: word, lastWindow: word, windows: count, controls: fc.array(word), workloads: fc.array(word) })
    .map((known) => ({ kind: 'history', fingerprint: `rpf1:${'a'.repeat(64)}`, ...known })),
)

/** The same from the schema, when the line is canonical; null otherwise. */
function slowly(text: string): ManyLine | null {
  let read: SealedLine
  try {
    read = readLine(parseJson(text))
  } catch {
    return null
  }
  if (read.kind === 'watch') return jcs(read) === text ? read : null
  if (read.kind === 'history') {
    const { kind, fingerprint, ...recurrence } = read
    return jcs(read) === text ? { kind, fingerprint, recurrence } : null
  }
  if (read.kind !== 'behaviour') return null
  const sightings = new Map(read.sightings.map((each) => [sightingKey(each), each]))
  const inOrder = { ...read, sightings: sortedByKey(sightings).map(([, each]) => each) }
  const { kind, ...rest } = read
  return jcs(inOrder) === text ? { kind, behaviour: { ...rest, sightings } } : null
}

function quickly(text: string, isForMany = false): ManyLine | null {
  const reader = new LineReader(isForMany)
  reader.turnTo(text)
  const read = readManyLine(reader)
  if (read === null || reader.at !== text.length) return null
  if (read.kind !== 'behaviour') return read
  const { fingerprint, identity, samples, sightings, written } = read.behaviour
  assert.deepEqual(written, { identity: jcs(identity as JsonValue), samples: jcs(samples) })
  return { kind: 'behaviour', behaviour: { fingerprint, identity, samples, sightings: new Map(sightings) } }
}

test('what is sealed by the hundred thousand is read as its schema reads it', () => {
  fc.assert(
    fc.property(line, (sealed) => {
      const text = jcs(sealed)
      const read = quickly(text)
      assert.notEqual(read, null, text)
      assert.deepEqual(read, slowly(text))
      assert.deepEqual(quickly(text, true), read)
    }),
    { numRuns: 500 },
  )
})

test('a changed line is read only when its schema reads the same', () => {
  const change = fc.constantFrom('0', '1', '"', ' ', '}', '{', '\\', ',', 'null', 'x', '-', '.', '[]', 'true', '')
  fc.assert(
    fc.property(line, fc.nat(), fc.nat(4), change, (sealed, place, length, inserted) => {
      const text = jcs(sealed)
      const at = place % text.length
      const other = text.slice(0, at) + inserted + text.slice(at + length)
      const read = quickly(other)
      if (read !== null) assert.deepEqual(read, slowly(other), other)
    }),
    { numRuns: 3000 },
  )
})

test('texts as long as their limit are read, longer ones are not', () => {
  const history = (text: string) =>
    jcs({
      kind: 'history',
      fingerprint: `rpf1:${'a'.repeat(64)}`,
      firstWindow: text,
      lastWindow: text,
      windows: 1,
      controls: [text],
      workloads: [],
    })
  assert.notEqual(quickly(history('x'.repeat(8192))), null)
  assert.notEqual(quickly(history('\u20ac"'.repeat(4096))), null)
  assert.equal(quickly(history('x'.repeat(8193))), null)
  assert.equal(slowly(history('x'.repeat(8193))), null)
})

test('samples are read in whatever way they are written, and those with a text beyond its limit are not', () => {
  const sampled = (sample: object): string => {
    const [identity] = fc.sample(behaviour, { numRuns: 1, seed: 7 }).map(({ identity }) => identity)
    const plain = { at: null, digest: 'd', node: null, pod: null, container: null, image: null, pid: 1, uid: null }
    const whole = { ...plain, commandLine: null, ancestors: ['a'], tags: [], redacted: 0, ...sample }
    const sightings = [fc.sample(sighting, { numRuns: 1, seed: 7 })[0]]
    const print = fingerprint(identity as Identity)
    return jcs({ kind: 'behaviour', fingerprint: print, identity, samples: [whole, whole], sightings } as JsonValue)
  }
  const kept = [
    { commandLine: 'sh -c "id"\n\t\\' },
    { commandLine: '\u0001\u20ac' },
    { commandLine: '\u{1f600}'.repeat(4000) },
    { commandLine: 'x'.repeat(16_384) },
    { pod: 'x'.repeat(8192) },
    { pid: -1.5 },
    { tags: ['a', 'b"', '\u007f'] },
    { ancestors: [] },
  ]
  for (const sample of kept) {
    const text = sampled(sample)
    assert.notEqual(quickly(text), null, text)
    assert.deepEqual(quickly(text), slowly(text))
  }
  for (const sample of [
    { commandLine: 'x'.repeat(16_385) },
    { pod: 'x'.repeat(8193) },
    { redacted: -1 },
    { pid: '1' },
    { digest: null },
  ]) {
    const text = sampled(sample)
    assert.equal(quickly(text), null, text)
    assert.equal(slowly(text), null, text)
  }
})

test('a text that has no end is left alone, however long it is', () => {
  const endless = `{"fingerprint":"rpf1:${'0'.repeat(64)}","identity":{"action":"exec","x":"${'a\\n'.repeat(3_000_000)}`
  assert.equal(quickly(endless), null)
  const [line] = fc.sample(behaviour, { numRuns: 1, seed: 7 })
  const identity = jcs(line?.identity as JsonValue)
  const print = fingerprint(line?.identity as Identity)
  const begun = `{"fingerprint":"${print}","identity":${identity},"kind":"behaviour","samples":[{"ancestors":["`
  assert.equal(quickly(begun + 'a\\n'.repeat(3_000_000)), null)
  assert.equal(quickly(`${begun}${'a","'.repeat(3_000_000)}`), null)
})

test('a beat that names no rule, too many, one twice, one without a detection or one that no schema keeps is not of its form', () => {
  const beat = (rules: string): string =>
    '{"kind":"watch","signal":{"count":9,"detections":9,"first":"2026-03-02T08:33:00.000000000Z","kind":"beat",' +
    '"last":"2026-03-02T08:33:00.000000000Z","minute":"2026-03-02T08:33","node":null,' +
    `"rules":{${rules}},"sensor":"falco","signal":"activity"}}`
  const many = (count: number): string =>
    Array.from({ length: count }, (_, index) => `"r${String(index).padStart(4, '0')}":1`).join(',')
  for (const good of ['"a":1', '"a":1,"b":2', '"constructor":1', many(256)]) {
    assert.notEqual(quickly(beat(good)), null)
    assert.deepEqual(quickly(beat(good)), slowly(beat(good)))
  }
  for (const bad of ['', '"a":0', '"a":1,"a":1', '"b":1,"a":1', '"a":1.5', '"a":null', '"__proto__":1', many(257)])
    assert.deepEqual([quickly(beat(bad)), slowly(beat(bad))], [null, null], bad)
})

test('one reader reads line after line, and stands where it stood before a line that it does not know', () => {
  const known = jcs({
    kind: 'watch',
    signal: {
      kind: 'beat',
      sensor: 's',
      node: null,
      signal: 'health',
      minute: '2026-03-02T08:33',
      first: '2026-03-02T08:33:00.000000000Z',
      last: '2026-03-02T08:33:00.000000000Z',
      count: 1,
      detections: 0,
    },
  })
  const reader = new LineReader()
  reader.turnTo(`${known}\n{"kind":"facts","previous":null}\n`)
  assert.equal(readManyLine(reader)?.kind, 'watch')
  assert.equal(reader.at, known.length)
  reader.at++
  assert.equal(readManyLine(reader), null)
  assert.equal(reader.at, known.length + 1)
})
