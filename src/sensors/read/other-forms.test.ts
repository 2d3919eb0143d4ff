import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { JsonObject } from '../connector.ts'
import { createEventReader, type ReadableConnector } from './event-reader.ts'

/** A sensor whose events are `{"probe": <anything>}`, the line `probe: <anything>`, or the block `probe {` and lines that begin with a dash. */
const probe: ReadableConnector = {
  sensor: 'probe',
  exactIntegers: ['stamp'],
  recognises: (event) => Object.hasOwn(event, 'probe'),
  text: {
    kindOf(line) {
      if (line === 'probe {') return 'head'
      return line.startsWith('- ') ? 'part' : line.startsWith('probe: ') ? 'event' : line.startsWith('probe|') ? 'refused' : null
    },
    read: (text, header) => ({
      reading: { class: 'ignored', sensor: 'probe', reason: 'text' },
      event: { text, at: header?.at ?? null, host: header?.host ?? null },
    }),
  },
  read: (event) =>
    Object.hasOwn(event, 'probe')
      ? { class: 'ignored', sensor: 'probe', reason: 'json' }
      : { class: 'malformed', sensor: 'probe', reason: 'no_probe' },
  facts: () => ({}),
}

type Seen = readonly [line: number, reason: string, event: JsonObject | null, raw: string]

function read(input: string, { sensor = 'auto', size = Infinity } = {}): readonly Seen[] {
  const seen: Seen[] = []
  const reader = createEventReader({
    sensor,
    connectors: [probe],
    onEvent({ line, raw, reading, event }) {
      assert.ok(reading.class === 'ignored' || reading.class === 'malformed')
      seen.push([line, reading.reason, event, Buffer.from(raw).toString()])
    },
  })
  const bytes = Buffer.from(input)
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, Math.min(bytes.length, at + size)))
  reader.end()
  return seen
}

const reasons = (input: string, sensor = 'auto'): readonly string[] => read(input, { sensor }).map(([, reason]) => reason)

type Body = { readonly [key: string]: unknown }
const text = (stringValue: string): Body => ({ stringValue })
const batch = (...bodies: readonly unknown[]): string =>
  JSON.stringify({
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'k8s.pod.name', value: text('collector-1') }] },
        scopeLogs: [{ logRecords: bodies.map((body) => ({ timeUnixNano: '1767258000000000000', body })) }],
      },
    ],
  })

test('a batch of logs is as many events as it has records, each with the bytes that its sensor wrote', () => {
  assert.deepEqual(read(`\n${batch(text('{"probe":1}'), text('{"probe": "é"}\n'), text('probe: x'))}\n{"probe":9}\n`), [
    [2, 'json', { probe: 1 }, '{"probe":1}'],
    [2, 'json', { probe: 'é' }, '{"probe": "é"}\n'],
    [2, 'text', { text: 'probe: x', at: null, host: null }, 'probe: x'],
    [3, 'json', { probe: 9 }, '{"probe":9}'],
  ])
})

test('an event has the same bytes, and so one digest, however a collector batched it', () => {
  const bodies = fc.array(
    fc.integer().map((value) => JSON.stringify({ probe: value })),
    { minLength: 1, maxLength: 12 },
  )
  fc.assert(
    fc.property(bodies, fc.nat(12), (all, cut) => {
      const told = (input: string): readonly unknown[] => read(input).map(([, reason, event, raw]) => [reason, event, raw])
      const parts = [all.slice(0, cut), all.slice(cut)].filter((part) => part.length > 0)
      const split = parts.map((part) => batch(...part.map(text))).join('\n')
      assert.deepEqual(told(split), told(batch(...all.map(text))))
      assert.deepEqual(told(split), told(all.join('\n')))
    }),
  )
})

test('records of several resources and scopes are all read, in order', () => {
  const record = (value: number): Body => ({ body: text(JSON.stringify({ probe: value })) })
  const input = {
    resourceLogs: [
      { scopeLogs: [{ logRecords: [record(1)] }, { logRecords: [record(2), record(3)] }] },
      { scopeLogs: [{ scope: {}, logRecords: [record(4)] }] },
    ],
  }
  assert.deepEqual(
    read(JSON.stringify(input)).map(([, , event]) => event?.['probe']),
    [1, 2, 3, 4],
  )
})

test('a body that the collector took apart is put together again, to the last digit', () => {
  const value = (of: Body): Body => of
  const body = {
    kvlistValue: {
      values: [
        { key: 'probe', value: text('a "b"') },
        { key: 'stamp', value: value({ intValue: '1767258000000000009' }) },
        { key: 'small', value: value({ intValue: 7 }) },
        { key: 'half', value: value({ doubleValue: 0.5 }) },
        { key: 'yes', value: value({ boolValue: true }) },
        { key: 'bytes', value: value({ bytesValue: 'AQI=' }) },
        { key: 'list', value: value({ arrayValue: { values: [text('x'), { kvlistValue: { values: [] } }, {}] } }) },
        { key: 'nothing', value: value({}) },
      ],
    },
  }
  const [[, reason, event] = []] = read(batch(body))
  assert.equal(reason, 'json')
  assert.deepEqual(event, {
    probe: 'a "b"',
    stamp: 1_767_258_000_000_000_009n,
    small: 7,
    half: 0.5,
    yes: true,
    bytes: 'AQI=',
    list: ['x', {}, null],
    nothing: null,
  })
})

const records: readonly (readonly [what: string, body: unknown, reason: string])[] = [
  ['no text', undefined, 'unknown_shape'],
  ['a number', { intValue: '7' }, 'unknown_shape'],
  ['a list', { arrayValue: { values: [text('{"probe":1}')] } }, 'unknown_shape'],
  ['another text', text('started'), 'not_json'],
  ['an event that was cut', text('{"probe":'), 'invalid_json'],
  ['an event with a key twice', text('{"probe":1,"probe":2}'), 'duplicate_key'],
  [
    'a map with a key twice',
    {
      kvlistValue: {
        values: [
          { key: 'probe', value: text('1') },
          { key: 'probe', value: text('2') },
        ],
      },
    },
    'duplicate_key',
  ],
  ['an object of nobody', text('{"nothing":1}'), 'unknown_shape'],
  ['a batch', text(batch(text('{"probe":1}'))), 'unknown_shape'],
  ['an event in envelopes', text(JSON.stringify({ log: JSON.stringify({ message: '{"probe":1}' }) })), 'json'],
  ['a map that is an envelope', { kvlistValue: { values: [{ key: 'log', value: text('{"probe":1}') }] } }, 'json'],
  ['an event behind syslog', text('<14>Jan  1 09:00:00 n1 probe[7]: {"probe":1}'), 'json'],
  ['text that is known and not read', text('probe|x'), 'text_form'],
  ['a block of lines', text('probe {\n- a\n- b'), 'text'],
]

for (const [what, body, reason] of records) {
  test(`a record that holds ${what} is one event (${reason}), and the next is read`, () => {
    assert.deepEqual(reasons(batch(body, text('{"probe":1}'))), [reason, 'json'])
  })
}

test('a batch in an envelope is a batch; an empty one is counted, and so is one with too many records', () => {
  assert.deepEqual(reasons(JSON.stringify({ data: JSON.parse(batch(text('{"probe":1}'), text('{"probe":2}'))) as unknown })), [
    'json',
    'json',
  ])
  assert.deepEqual(reasons(JSON.stringify({ message: batch(text('{"probe":1}')) })), ['json'])
  assert.deepEqual(reasons('{"resourceLogs":[]}\n{"resourceLogs":{}}'), ['unknown_shape', 'unknown_shape'])
  const records = (count: number): string =>
    `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${Array(count).fill('{}').join(',')}]}]}]}`
  assert.equal(reasons(records(16_384)).length, 16_384)
  assert.deepEqual(reasons(records(16_385)), ['too_many'])
})

test('a named sensor says what became of records that are not its own', () => {
  assert.deepEqual(reasons(batch(text('{"nothing":1}'), text('hello')), 'probe'), ['no_probe', 'not_json'])
})

test('CloudEvents that carry the event as bytes are opened', () => {
  const encoded = Buffer.from('{"probe":"é"}').toString('base64')
  assert.deepEqual(read(JSON.stringify({ specversion: '1.0', data_base64: encoded }))[0]?.[2], { probe: 'é' })
  for (const data of [
    '%%%',
    Buffer.from('{"probe":"\xff"}', 'latin1').toString('base64'),
    Buffer.from('hello').toString('base64'),
  ])
    assert.deepEqual(reasons(JSON.stringify({ specversion: '1.0', data_base64: data })), ['unknown_shape'])
})

const lines: readonly (readonly [line: string, reason: string])[] = [
  ['2026-01-01T09:00:00.1Z stdout F {"probe":1}', 'json'],
  ['2026-01-01T09:00:00.1Z stdout P {"probe":1}', 'not_json'],
  ['<14>1 2026-01-01T09:00:00.1Z n1 probe 7 - - {"probe":1}', 'json'],
  ['<14>Jan  1 09:00:00 n1 probe[7]: {"probe":1}', 'json'],
  ['Jan  1 09:00:00 n1 probe: {"probe":', 'invalid_json'],
  ['Jan  1 09:00:00 n1 probe: hello', 'not_json'],
  ['Jan  1 09:00:00 n1 probe: probe: hello', 'text'],
  ['Jan  1 09:00:00 n1 probe: - a', 'text_form'],
  ['Jan  1 09:00:00 n1 probe: probe|x', 'text_form'],
  ['probe|x', 'text_form'],
  ['hello {"probe":1}', 'not_json'],
  ['12', 'not_object'],
]

for (const [line, reason] of lines) {
  test(`${JSON.stringify(line)} is one event: ${reason}`, () => assert.deepEqual(reasons(`${line}\n`), [reason]))
}

test('text in an envelope is read, or refused with its reason', () => {
  assert.deepEqual(reasons('{"log":"probe: x\\n"}'), ['text'])
  assert.deepEqual(reasons('{"kubernetes":{},"log":"probe|x"}'), ['text_form'])
  assert.deepEqual(reasons('{"log":"{\\"message\\":\\"probe: x\\"}"}'), ['text'])
  assert.deepEqual(reasons('{"log":"hello"}'), ['unknown_shape'])
})

const piece = fc.constantFrom(
  'probe {\n',
  '- a\n',
  '- b\r\n',
  '\n',
  '{"probe":1}\n',
  'probe: x\n',
  'hello\n',
  '[',
  `${batch(text('{"probe":1}'), text('- a'))}\n`,
)

test('blocks and batches are the same events however the bytes are divided', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), fc.integer({ min: 1, max: 30 }), (pieces, size) => {
      assert.deepEqual(read(pieces.join(''), { size }), read(pieces.join('')))
    }),
    { numRuns: 500 },
  )
})

test('a block ends at a blank line, at another head, at an event, at the end, and when it is too long', () => {
  const blocks = (input: string): readonly unknown[] => read(input).map(([line, , , raw]) => [line, raw.split('\n').length])
  assert.deepEqual(blocks('probe {\n- a\n\n- b\n'), [
    [1, 2],
    [4, 1],
  ])
  assert.deepEqual(blocks('probe {\n- a\nprobe {\n- b'), [
    [1, 2],
    [3, 2],
  ])
  assert.deepEqual(blocks('probe {\n{"probe":1}\n- b'), [
    [1, 1],
    [2, 1],
    [3, 1],
  ])
  assert.deepEqual(blocks(`probe {\n${'- a\n'.repeat(100)}`), [
    [1, 64],
    [65, 37],
  ])
})
