import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  eventMs,
  eventTime,
  eventTimeOfNanos,
  instantMs,
  instantOf,
  isInstant,
  minuteAt,
  minuteOf,
  nanosOf,
  within,
} from './time.ts'

test('an instant is a real UTC second', () => {
  for (const text of ['2026-03-02T08:33:05Z', '2024-02-29T00:00:00Z', '2000-02-29T23:59:59Z'])
    assert.equal(isInstant(text), true, text)
  for (const text of [
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
  ]) {
    assert.equal(isInstant(text), false, text)
  }
  for (const text of [
    '2026-03-02T24:00:00Z',
    '2026-03-02T08:60:00Z',
    '2026-03-02T08:33:60Z',
    '2026-03-02T08:33:05+00:00',
    '2026-03-02',
    '',
  ]) {
    assert.equal(isInstant(text), false, text)
  }
})

test('what is a real second agrees with the calendar of the runtime', () => {
  const two = (value: number): string => String(value).padStart(2, '0')
  const numbers = fc.record({
    year: fc.integer({ min: 1970, max: 2261 }),
    month: fc.integer({ min: 0, max: 13 }),
    day: fc.integer({ min: 0, max: 32 }),
  })
  fc.assert(
    fc.property(numbers, ({ year, month, day }) => {
      const date = `${year}-${two(month)}-${two(day)}`
      const ms = Date.parse(`${date}T12:00:00Z`)
      const real = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date)
      assert.equal(isInstant(`${date}T12:00:00Z`), real)
    }),
  )
})

test('an event time has nine digits and is in UTC, so that text order is time order', () => {
  assert.equal(eventTime('2026-03-02T08:33:05Z'), '2026-03-02T08:33:05.000000000Z')
  assert.equal(eventTime('2026-03-02T08:33:05.3Z'), '2026-03-02T08:33:05.300000000Z')
  assert.equal(eventTime('2026-03-02T09:33:05.123456789+01:00'), '2026-03-02T08:33:05.123456789Z')
})

test('an implausible or unreadable time is none', () => {
  for (const text of [
    '1970-01-01T00:00:00Z',
    '2300-01-01T00:00:00Z',
    '2026-03-02T08:33:05.1234567890Z',
    '2021-04-13T20:58:00.7Z+2',
    '2026-03-02 08:33:05Z',
    '08:33:05',
    '',
  ]) {
    assert.equal(eventTime(text), null, text)
  }
  assert.equal(eventTimeOfNanos(-1n), null)
  assert.equal(eventTimeOfNanos(1n << 64n), null)
})

test('nanoseconds survive both ways', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1_000_000_000n, max: 9_214_646_399_999_999_999n }), (nanos) => {
      const time = eventTimeOfNanos(nanos)
      assert.ok(time)
      assert.equal(nanosOf(time), nanos)
      assert.equal(eventMs(time), Number(nanos / 1_000_000n))
      assert.equal(eventTime(time), time)
    }),
  )
})

test('a window holds its start and not its end', () => {
  const [start, end] = ['2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z']
  assert.equal(within('2026-03-02T00:00:00.000000000Z', start, end), true)
  assert.equal(within('2026-03-02T23:59:59.999999999Z', start, end), true)
  assert.equal(within('2026-03-01T23:59:59.999999999Z', start, end), false)
  assert.equal(within('2026-03-03T00:00:00.000000000Z', start, end), false)
})

test('minutes and instants are cut, never rounded', () => {
  assert.equal(minuteOf('2026-03-02T08:33:59.999999999Z'), '2026-03-02T08:33')
  assert.equal(minuteAt(Date.parse('2026-03-02T08:33:59.999Z')), '2026-03-02T08:33')
  assert.equal(instantOf(Date.parse('2026-03-02T08:33:59.999Z')), '2026-03-02T08:33:59Z')
  assert.throws(() => instantMs('2026-03-02'), { code: 'format.malformed' })
})
