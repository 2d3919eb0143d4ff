import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { JsonObject } from '../connector.ts'
import { plainReading } from '../plain-reading.ts'
import { connectors } from '../registry.ts'
import { createEventReader, createQuickReader, type ReadableConnector, type ReadEvent } from './event-reader.ts'
import { defaultLimits } from './limits.ts'
import { hasTextEnding } from './text-ending.ts'

/** Says all that it sees of an event, to the last digit and in the order of its keys. */
const probe: ReadableConnector = {
  sensor: 'probe',
  exactIntegers: ['stamp'],
  recognises: (event) => 'probe' in event,
  read: (event) => ({ class: 'ignored', sensor: 'probe', reason: spelled(event) }),
  facts: () => ({}),
}

function spelled(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(spelled).join()}]`
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${spelled(member)}`)
  return `{${members.join()}}${hasTextEnding(value as JsonObject, '...') ? '…' : ''}`
}

type Seen = Pick<ReadEvent, 'line' | 'reading' | 'event'> & { readonly raw: string }

function readAll(input: string | Uint8Array, known: readonly ReadableConnector[]): readonly Seen[] {
  const seen: Seen[] = []
  const onEvent = ({ line, raw, reading, event }: ReadEvent): void =>
    void seen.push({ line, reading: plainReading(reading), event, raw: Buffer.from(raw).toString('latin1') })
  const reader = createEventReader({ sensor: 'auto', connectors: known, onEvent })
  reader.push(typeof input === 'string' ? Buffer.from(input) : input)
  reader.end()
  return seen
}

/** What each line is when nothing was read before it. */
function readApart(lines: readonly string[], known: readonly ReadableConnector[]): readonly Seen[] {
  return lines.flatMap((text, index) => readAll(`${text}\n`, known).map((seen) => ({ ...seen, line: index + 1 })))
}

const scalar = fc.oneof(
  fc.constantFrom('""', '"a"', '"1..."', '"/usr/bin/cat"', '"é"', '"\\u0041"', '"\\n\\"\\\\"', '"\\ud800"', '"a\tb"', '"\u007f"'),
  fc.constantFrom('0', '-0', '7', '-12', '1.5', '1e3', '01', '999999999999999', '9007199254740991', '9007199254740993', '-'),
  fc.constantFrom('1770000000123456789', '-1770000000123456789', 'true', 'false', 'null', 'nul', '[]', '{}', '[1,"x",null]', ''),
  fc.string().map((text) => JSON.stringify(text)),
)
const blank = fc.constantFrom('', '', '', ' ', '\t')

/** Lines of a few forms: the same keys, other values, some of them not JSON at all. */
const lines = fc
  .array(
    fc.record({
      form: fc.constantFrom(
        '{"probe":1,"stamp":?,"text":?,"deep":{"stamp":?,"list":[?,{"stamp":?}]}}',
        '{"probe":?,"a":?,"b":?}',
        '{"probe":?,"a":?,"a":?}',
        '{"a":?,"probe":[?,?],"__proto__":?}',
        '{"probe":{"x":{"y":{"z":?}}}},',
      ),
      values: fc.array(scalar, { minLength: 6, maxLength: 6 }),
      before: blank,
      after: fc.constantFrom('', '', '', ' ', ',', '{"probe":2}', 'x', '\r'),
    }),
    { minLength: 2, maxLength: 12 },
  )
  .map((parts) =>
    parts.map(({ form, values, before, after }) => {
      const rest = [...values]
      return `${before}${form.replaceAll('?', () => rest.pop() ?? '0')}${after}`
    }),
  )

test('a line is read as if nothing had come before it, whatever was learned', () => {
  fc.assert(
    fc.property(lines, (some) => {
      // Only lines that are one event whatever stands around them.
      const whole = some.filter((line) => readAll(`${line}\n`, [probe]).length === 1)
      const many = [...whole, ...whole, ...whole]
      assert.deepEqual(readAll(many.map((line) => `${line}\n`).join(''), [probe]), readApart(many, [probe]))
    }),
    { numRuns: 500 },
  )
})

test('real lines of every sensor are read the same once their form is known', () => {
  let known = 0
  for (const { sensor } of connectors) {
    const folder = new URL(`../${sensor}/fixtures/`, import.meta.url)
    if (!existsSync(folder)) continue
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(?:nd)?jsonl?$/.test(file)) continue
      const all = readFileSync(new URL(file, folder), 'utf8').split('\n')
      const one = all.filter((line) => line.startsWith('{') && readAll(`${line}\n`, connectors).length === 1)
      const [, , again] = [0, 1, 2].map((round) =>
        readAll(
          one
            .map((line) => `${line}\n`)
            .join('')
            .repeat(3),
          connectors,
        ).slice(round * one.length, (round + 1) * one.length),
      )
      const apart = readApart(one, connectors).map((seen) => ({ ...seen, line: seen.line + 2 * one.length }))
      assert.deepEqual(again, apart, `${sensor}/${file}`)
      known += one.length
    }
  }
  assert.ok(known > 0, 'there are fixtures')
})

test('what is read of one line does not change with the next', () => {
  const reading = (path: string): string =>
    JSON.stringify({
      rule: 'r',
      priority: 'Warning',
      time: '2026-03-02T08:33:05.305000000Z',
      tags: ['a', path],
      output_fields: { 'evt.type': 'openat', 'fd.name': path, 'proc.exepath': '/bin/cat' },
    })
  const seen = readAll([1, 2, 3, 4, 5].map((index) => `${reading(`/srv/${index}`)}\n`).join(''), connectors)
  const paths = seen.map(({ reading: read }) => ('act' in read ? [read.act?.target, read.act?.tags] : null))
  assert.deepEqual(
    paths,
    [1, 2, 3, 4, 5].map((index) => [{ type: 'path', path: `/srv/${index}`, partial: false }, ['a', `/srv/${index}`]]),
  )
})

test('a form is known from the third line on, and another is not', () => {
  const quick = createQuickReader('auto', [probe])
  const frames = createEventReader({ sensor: 'auto', connectors: [probe], onEvent: () => {}, quick })
  const line = (value: string): Buffer => Buffer.from(`{"probe":${value}}\n`)
  frames.push(line('1'))
  assert.equal(quick.match(line('2'), 0), -1)
  frames.push(line('2'))
  assert.equal(quick.match(line('345'), 0), '{"probe":345}'.length)
  for (const other of ['1.5', '-0', '"x"', '01', '1e3', '[1]', '']) assert.equal(quick.match(line(other), 0), -1, other)
  assert.equal(quick.match(Buffer.from('{"probe":1,"more":2}\n'), 0), -1)
  assert.equal(quick.match(Buffer.from('{"probe":1'), 0), -1)
  assert.equal(quick.match(Buffer.from('{"prob'), 0), -1)
})

test('a fault in a text that nobody asks for is found in a known form too', () => {
  const deaf: ReadableConnector = { ...probe, read: () => ({ class: 'ignored', sensor: 'probe', reason: 'read' }) }
  const line = (text: string): string => `{"probe":"${text}","more":["${text}"]}\n`
  for (const [text, reason] of [
    ['\\ud800', 'lone_surrogate'],
    ['\xff', 'invalid_utf8'],
    ['\x01', 'invalid_json'],
    ['\\x', 'invalid_json'],
    ['\xc3\xa9', 'read'],
  ] as const) {
    const bytes = Buffer.from(line('a') + line('b') + line('c') + line(text) + line('d'), 'latin1')
    const reasons = readAll(bytes, [deaf]).map(({ reading }) => ('reason' in reading ? reading.reason : ''))
    assert.deepEqual(reasons, ['read', 'read', 'read', reason, 'read'], text)
  }
})

test('what is special in a text is found wherever it stands, and nothing else is', () => {
  const deaf: ReadableConnector = { ...probe, read: () => ({ class: 'ignored', sensor: 'probe', reason: 'read' }) }
  const learned = '{"probe":"a"}\n{"probe":"b"}\n'
  const isKnown = (text: string): boolean => {
    const quick = createQuickReader('auto', [deaf])
    const frames = createEventReader({ sensor: 'auto', connectors: [deaf], onEvent: () => {}, quick })
    frames.push(Buffer.from(learned))
    const line = `{"probe":"${text}"}`
    return quick.match(Buffer.from(`${line}\n`, 'latin1'), 0) === line.length
  }
  for (let place = 0; place < 9; place++) {
    for (const [what, expected] of [
      [' ', true],
      ['~', true],
      ['!', true],
      ['[', true],
      ['\\n', true],
      ['\\"', true],
      ['\\u0041', false],
      ['"', false],
      ['\x00', false],
      ['\x1f', false],
      ['\x7f', false],
      ['\x80', false],
      ['\xff', false],
    ] as const) {
      const text = `${'x'.repeat(place)}${what}${'y'.repeat(8 - place)}`
      assert.equal(isKnown(text), expected, JSON.stringify(text))
    }
  }
})

test('whether one text or any ends so is the same of a known form and of a parsed event', () => {
  const asking: ReadableConnector = {
    ...probe,
    read: (event) => ({
      class: 'ignored',
      sensor: 'probe',
      reason: [null, 'probe', 'b', 'n', 'absent', 'toString'].map((key) => Number(hasTextEnding(event, '...', key))).join(''),
    }),
  }
  const all = ['{"probe":"a","b":"b","n":1}', '{"probe":"a...","b":"b","n":2}', '{"probe":"a","b":"b...","n":3}']
  const reasons = readAll([...all, ...all].map((line) => `${line}\n`).join(''), [asking]).map(({ reading }) =>
    'reason' in reading ? reading.reason : '',
  )
  assert.deepEqual(reasons, ['000000', '110000', '101000', '000000', '110000', '101000'])
})

test('an event that is known but too large is refused as any other', () => {
  const quick = createQuickReader('auto', [probe], { ...defaultLimits, eventBytes: 64 })
  const reasons: string[] = []
  const onEvent = ({ reading }: ReadEvent): void => void reasons.push('reason' in reading ? reading.reason.slice(0, 9) : '')
  const frames = createEventReader({
    sensor: 'auto',
    connectors: [probe],
    onEvent,
    limits: { ...defaultLimits, eventBytes: 64 },
    quick,
  })
  for (const length of [1, 2, 3, 100]) frames.push(Buffer.from(`{"probe":"${'x'.repeat(length)}"}\n`))
  frames.end()
  assert.deepEqual(reasons, ['{"probe":', '{"probe":', '{"probe":', 'too_large'])
})

test('forms without end do not grow the memory of them, and each is read right', () => {
  const many = Array.from({ length: 3_000 }, (_, index) => `{"probe":${index},"key-${index}":"${'v'.repeat(index % 300)}"}`)
  const twice = many.flatMap((line) => [line, line])
  assert.deepEqual(
    readAll(twice.map((line) => `${line}\n`).join(''), [probe]).map(({ reading }) => reading),
    twice.map((line) => ({ class: 'ignored', sensor: 'probe', reason: spelled(JSON.parse(line)) })),
  )
})
