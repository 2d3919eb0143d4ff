import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { accesses, actions, effects, type Target } from '../model/act.ts'
import type { Behaviour, Sighting } from '../model/behaviour.ts'
import type { RunproofError } from '../model/errors.ts'
import { severities } from '../model/severity.ts'
import { jcs, type JsonValue } from '../proof/jcs.ts'
import { behaviourText } from './behaviour-line.ts'
import { sightingKey, sortedByKey } from './merge.ts'

const word = fc.oneof(fc.constantFrom('api', '/usr/bin/cat', 'a"b\\c', '\u2028é😀', '\u0000\n', ''), fc.string())
const words = fc.array(word, { maxLength: 3 })
const perhaps = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null })
const number = fc.oneof(fc.integer(), fc.constantFrom(0, -0, 0.5, 1e21, 1e-7, 2 ** 53))
const target: fc.Arbitrary<Target> = fc.oneof(
  fc.record({ type: fc.constantFrom('binary', 'path'), path: word, partial: fc.boolean() }),
  fc.record({ type: fc.constantFrom('capability', 'syscall', 'resource', 'state'), name: word }),
  fc.record({
    type: fc.constant('address' as const),
    address: perhaps(word),
    name: perhaps(word),
    port: perhaps(number),
    protocol: perhaps(word),
    direction: fc.constantFrom('out', 'in', 'listen'),
  }),
)
const identity = fc.record({
  application: word,
  environment: word,
  cluster: perhaps(word),
  namespace: perhaps(word),
  workload: perhaps(word),
  action: perhaps(fc.constantFrom(...actions)),
  executable: perhaps(word),
  target: perhaps(target),
})
const sighting: fc.Arbitrary<Sighting> = fc.record({
  class: fc.constantFrom('detection', 'observation'),
  sensor: word,
  rule: perhaps(word),
  severity: perhaps(fc.constantFrom(...severities)),
  confidence: number,
  effect: fc.constantFrom(...effects),
  access: perhaps(fc.constantFrom(...accesses)),
  actionTaken: perhaps(word),
  toKill: perhaps(word),
  minute: perhaps(word),
  count: number,
  first: perhaps(word),
  last: perhaps(word),
})
const sample = fc.record({
  at: perhaps(word),
  digest: word,
  node: perhaps(word),
  pod: perhaps(word),
  container: perhaps(word),
  image: perhaps(word),
  pid: perhaps(number),
  uid: perhaps(number),
  commandLine: perhaps(word),
  ancestors: words,
  tags: words,
  redacted: number,
})
const behaviours: fc.Arbitrary<Behaviour> = fc
  .record({
    fingerprint: word,
    identity,
    sightings: fc.array(sighting, { maxLength: 4 }),
    samples: fc.array(sample, { maxLength: 3 }),
  })
  .map(({ sightings, ...rest }) => ({ ...rest, sightings: new Map(sightings.map((each) => [sightingKey(each), each])) }))

test('a line written by hand is the one that jcs writes', () => {
  fc.assert(
    fc.property(behaviours, (behaviour) => {
      const { sightings, ...rest } = behaviour
      const line = { ...rest, kind: 'behaviour', sightings: sortedByKey(sightings).map(([, each]) => each) }
      assert.equal(behaviourText(behaviour), jcs(line as unknown as JsonValue))
    }),
    { numRuns: 500 },
  )
})

const some: Behaviour = {
  fingerprint: 'rpf1:0',
  identity: {
    application: 'shop',
    environment: 'prod',
    cluster: null,
    namespace: null,
    workload: 'api',
    action: 'exec',
    executable: null,
    target: { type: 'binary', path: '/bin/sh', partial: false },
  },
  sightings: new Map(),
  samples: [],
}

test('what JSON cannot hold is refused, not written', () => {
  const refuses = (behaviour: Behaviour): void =>
    assert.throws(
      () => behaviourText(behaviour),
      (error: RunproofError) => error.code === 'format.malformed',
    )
  refuses({ ...some, identity: { ...some.identity, workload: '\ud800' } })
  refuses({ ...some, identity: { ...some.identity, target: { type: 'syscall', name: '\udc00' } } })
  refuses({
    ...some,
    identity: {
      ...some.identity,
      target: { type: 'address', address: null, name: null, port: Number.NaN, protocol: null, direction: 'in' },
    },
  })
})

test('what was read from evidence is written as it was read', () => {
  const { identity: _, ...withoutIdentity } = some
  const text = behaviourText({ ...withoutIdentity, identity: some.identity, written: { identity: '{"a":1}', samples: '[2]' } })
  assert.equal(text, '{"fingerprint":"rpf1:0","identity":{"a":1},"kind":"behaviour","samples":[2],"sightings":[]}')
})
