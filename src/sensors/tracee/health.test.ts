import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../connector.ts'
import { tracee } from './connector.ts'
import { called, classic, healthOf, parsed, v1beta1 } from './fixtures.ts'

const instance = { sensor: 'tracee', node: null }
const counts = { received: null, dropped: null, undelivered: null, matched: null, reloadedAt: null, policies: {} }

test('Tracee’s first event says when it started, exactly, and counts nothing', () => {
  const startedAt = '2026-01-01T08:58:20.200000011Z'
  const { at, watch } = healthOf(called(classic, 'tracee_info'))
  assert.equal(at, '2026-01-01T09:00:00.305000123Z')
  assert.deepEqual(watch, [{ ...instance, kind: 'counters', at, startedAt, version: 'v0.24.1', ...counts }])
  assert.deepEqual(healthOf(called(v1beta1, 'tracee_info')).watch, [
    { ...instance, kind: 'counters', at: '2026-01-01T09:09:00.500000000Z', startedAt, version: 'main-7c9ec97', ...counts },
  ])
})

const info = called(v1beta1, 'tracee_info')
const startOf = (data: JsonObject[string]): unknown => tracee.facts({ ...info, data })['started_ns']

test('a start that is not told, or told wrongly, is the event’s own moment', () => {
  const own = '1767258540500000000'
  for (const [boot, start] of [
    [null, null],
    ['1767200000000000000', null],
    ['-5', '7'],
    ['1767200000000000000', '999999999999999999'],
    ['never', 'ever'],
  ]) {
    const data = [
      { name: 'boot_time', u_int64: boot ?? null },
      { name: 'start_time', u_int64: start ?? null },
    ]
    assert.equal(startOf(data), own, `${boot} ${start}`)
  }
  assert.equal(startOf(null), own)
})

test('a start since 1970 is read as one', () => {
  const data = { boot_time: '1767200000000000011', start_time: '1767258000000000007' }
  assert.equal(startOf(data), '1767258000000000007')
})

test('a number of the untyped form keeps its last digit', () => {
  const text =
    '{"timestamp":"2026-01-01T09:09:00.5Z","id":1,"name":"tracee_info","data":[{"name":"boot_time","value":1767200000000000011},' +
    '{"name":"start_time","value":57900200000000}]}'
  assert.equal(tracee.facts(parsed(text))['started_ns'], '1767257900200000011')
})

test('undated it proves nothing about any minute', () => {
  const { at, watch } = healthOf({ ...info, timestamp: 'null' })
  assert.deepEqual([at, watch], [null, []])
})

test('what else Tracee says of itself and of containers is telemetry: it shows that it was alive', () => {
  const reading = tracee.read(called(classic, 'existing_container'))
  assert.ok(reading.class === 'observation')
  assert.deepEqual([reading.act, reading.instance], [null, instance])
})
