import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { RunproofError } from '../../../core/model/errors.ts'
import type { JsonObject } from '../connector.ts'
import { createEventReader, type ReadableConnector } from './event-reader.ts'
import { textMalformed } from './text-form.ts'

/** A sensor whose events are `{"probe": <anything>}`. */
const probe: ReadableConnector = {
  sensor: 'probe',
  exactIntegers: ['stamp'],
  recognises: (event) => Object.hasOwn(event, 'probe'),
  text: {
    kindOf: (line) => (line.startsWith('probe says') ? 'refused' : null),
    read: () => textMalformed('probe'),
  },
  read: (event) => ({
    class: Object.hasOwn(event, 'probe') ? 'ignored' : 'malformed',
    sensor: 'probe',
    reason: typeof event['probe'],
  }),
  facts: () => ({}),
}

type Seen = {
  readonly line: number
  readonly sensor: string | null
  readonly reason: string
  readonly event: JsonObject | null
  readonly raw: string
}

function read(input: string | Uint8Array, sizes: readonly number[] = [], sensor = 'auto'): readonly Seen[] {
  const seen: Seen[] = []
  const reader = createEventReader({
    sensor,
    connectors: [probe],
    onEvent({ line, raw, reading, event }) {
      assert.ok(reading.class === 'ignored' || reading.class === 'malformed')
      const reason = reading.class === 'ignored' ? 'read' : reading.reason
      seen.push({ line, sensor: reading.sensor, reason, event, raw: Buffer.from(raw).toString() })
    },
  })
  let rest = typeof input === 'string' ? Buffer.from(input) : input
  for (const size of sizes) {
    reader.push(rest.subarray(0, size))
    rest = rest.subarray(size)
  }
  reader.push(rest)
  reader.end()
  return seen
}

const reasons = (input: string | Uint8Array): readonly string[] => read(input).map(({ reason }) => reason)

test('an event comes with its line and its exact bytes', () => {
  assert.deepEqual(read('\n  {"probe":"é"} \n'), [
    { line: 2, sensor: 'probe', reason: 'read', event: { probe: 'é' }, raw: '{"probe":"é"}' },
  ])
})

const refused: readonly (readonly [what: string, input: string | Uint8Array, reason: string])[] = [
  ['text', 'hello', 'not_json'],
  ['a word of JSON', 'null', 'not_object'],
  ['a number', '12', 'not_object'],
  ['a list in a list', '[[{"probe":1}]]', 'not_object'],
  ["the sensor's text for people", 'probe says hello', 'text_form'],
  ['a wrong word', '{"probe":tru}', 'invalid_json'],
  ['a cut line', '{"probe":"x', 'truncated'],
  ['a byte that is no UTF-8', Buffer.from('{"probe":"\xff"}', 'latin1'), 'invalid_utf8'],
  ['an overlong form', Buffer.from('{"probe":"\xc0\xaf"}', 'latin1'), 'invalid_utf8'],
  ['half a character, escaped', '{"probe":"\\ud83d"}', 'lone_surrogate'],
  ['half a character in a key', '{"probe":1,"\\udc00":2}', 'lone_surrogate'],
  ['a key twice', '{"probe":1,"probe":2}', 'duplicate_key'],
  ['a key twice, once escaped', '{"probe":1,"\\u0070robe":2}', 'duplicate_key'],
  ['a key twice, deep inside', '{"probe":[{"a":{"b":1,"c":2,"b" : 3}}]}', 'duplicate_key'],
  ['__proto__ twice', '{"probe":1,"__proto__":2,"__proto__":3}', 'duplicate_key'],
  ['too many levels', `{"probe":${'['.repeat(64)}${']'.repeat(64)}}`, 'too_deep'],
  ['far too many levels', `{"probe":${'['.repeat(400_000)}${']'.repeat(400_000)}}`, 'too_deep'],
  ['too many bytes', `{"probe":"${'x'.repeat(1024 * 1024)}"}`, 'too_large'],
  ['nobody', '{"nothing":1}', 'unknown_shape'],
  ['an empty object', '{}', 'unknown_shape'],
]

for (const [what, input, reason] of refused) {
  test(`${what} is malformed (${reason}), whatever follows is read`, () => {
    assert.deepEqual(reasons(input), [reason])
    const line = typeof input === 'string' ? Buffer.from(input) : Buffer.from(input)
    assert.deepEqual(reasons(Buffer.concat([line, Buffer.from('\n{"probe":1}\n')])).at(-1), 'read')
  })
}

const accepted: readonly (readonly [what: string, input: string])[] = [
  ['the same key in two objects', '{"probe":{"a":1},"x":{"a":1}}'],
  ['colons and quotes in strings', '{"probe":"\\":\\":","x":":","y":"a\\\\"}'],
  ['a whole character, escaped', '{"probe":"\\ud83d\\ude00"}'],
  ['64 levels', `{"probe":${'['.repeat(63)}${']'.repeat(63)}}`],
  ['a long string of escapes', `{"probe":"${'\\\\'.repeat(500_000)}","a":":","b":":"}`],
  ['keys that every object has', '{"probe":1,"__proto__":{"x":1},"constructor":2}'],
]

for (const [what, input] of accepted) test(`${what} is read`, () => assert.deepEqual(reasons(input), ['read']))

test('an integer that matters keeps its last digit, others stay numbers', () => {
  const [seen] = read('{"probe":1767259800000000009,"stamp":1767259800000000009,"n":3}')
  assert.deepEqual(seen?.event?.['stamp'], 1_767_259_800_000_000_009n)
  assert.equal(seen?.event?.['n'], 3)
  assert.equal(typeof read('{"probe":1767259800000000009}')[0]?.event?.['probe'], 'number')
})

const inner = '{"probe":1}'
const wrap = (field: string, event: string): string => JSON.stringify({ stream: 'stdout', [field]: event })

for (const field of ['log', 'message', 'event', 'MESSAGE', 'body', 'data']) {
  test(`an event in the text or object field ${field} is unwrapped`, () => {
    assert.deepEqual(read(wrap(field, `${inner}\n`))[0]?.event, { probe: 1 })
    assert.deepEqual(read(`{"${field}":${inner}}`)[0]?.event, { probe: 1 })
  })
}

test('three envelopes are opened, a fourth is not', () => {
  const three = wrap('log', wrap('message', wrap('body', inner)))
  assert.equal(read(three)[0]?.reason, 'read')
  assert.equal(read(three)[0]?.raw, three)
  assert.equal(read(wrap('data', three))[0]?.reason, 'unknown_shape')
})

test('an envelope around nothing is malformed', () => {
  assert.deepEqual(reasons(wrap('log', 'started')), ['unknown_shape'])
  assert.deepEqual(reasons(wrap('log', '{"cut":')), ['unknown_shape'])
})

test('a sensor that was named reads everything and says what it does not know', () => {
  assert.deepEqual(
    read('{"nothing":1}\nhello', [], 'probe').map(({ sensor, reason }) => [sensor, reason]),
    [
      ['probe', 'undefined'],
      ['probe', 'not_json'],
    ],
  )
})

test('a sensor that nobody knows is refused', () => {
  assert.throws(
    () => read('', [], 'nobody'),
    (error) => error instanceof RunproofError && error.code === 'usage' && error.message.includes('auto, probe'),
  )
})

const piece = fc.constantFrom(
  inner,
  `${inner}\n`,
  '[',
  ']',
  ',',
  '\n',
  '{"probe":"é',
  '\\ud800"}',
  '{"a":{"a":1,"a":2}}',
  'probe says\n',
  '{"log":"{\\"probe\\":2}"}\n',
  '{\n  "probe": [\n    1\n  ]\n}\n',
  '\r\n',
  '{"stamp":99999999999999999}',
)

test('any division into chunks gives the same events', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 25 }),
      fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 40 }),
      (pieces, sizes) => {
        assert.deepEqual(read(pieces.join(''), sizes), read(pieces.join('')))
      },
    ),
    { numRuns: 1000 },
  )
})

test('any bytes at all are read to the end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      // A lone bracket opens an array, which then never ends: the last event is read all the same.
      const seen = read(Buffer.concat([bytes, Buffer.from(`\n${inner}\n${inner}\n`)])).filter(
        ({ reason }) => reason !== 'truncated',
      )
      assert.equal(seen.at(-1)?.reason, 'read')
    }),
    { numRuns: 1000 },
  )
})
