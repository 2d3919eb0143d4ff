import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lineHeader } from './line-header.ts'

const headers: readonly (readonly [what: string, line: string, at: string | null, zone: number | null, host: string | null])[] = [
  ['a container runtime', '2026-01-01T09:00:00.5+01:00 stderr F x', '2026-01-01T08:00:00.500000000Z', 60, null],
  ['RFC 5424', '<14>1 2026-01-01T09:00:00Z n1 falco 7 - - x', '2026-01-01T09:00:00.000000000Z', 0, 'n1'],
  [
    'RFC 5424 without a process',
    '<14>1 2026-01-01T09:00:00Z n1.example falco - ID47 - \ufeffx',
    '2026-01-01T09:00:00.000000000Z',
    0,
    'n1.example',
  ],
  ['RFC 3164', '<14>Jan  1 09:00:00 n1 falco[7]: x', null, null, 'n1'],
  ['RFC 3164 in a file', 'Dec 31 09:00:00 fe80::1 falco: x', null, null, 'fe80::1'],
  ['rsyslog', '2026-01-01T09:00:00.123456-05:30 n1 falco[7]: x', '2026-01-01T14:30:00.123456000Z', -330, 'n1'],
  ['journald', '2026-01-01T09:00:00+0100 n1 falco[7]: x', '2026-01-01T08:00:00.000000000Z', 60, 'n1'],
  ['a day that never was', '2026-02-30T09:00:00Z n1 falco: x', null, null, 'n1'],
]

for (const [what, line, at, zoneMinutes, host] of headers) {
  test(`the header of ${what} is taken off`, () => assert.deepEqual(lineHeader(line), { at, zoneMinutes, host, rest: 'x' }))
}

const none = [
  'x',
  '',
  '09:00:00.123456789: Notice x',
  '2026-01-01T09:00:00.123456789+0000: Notice x',
  '2026-01-01T09:00:00Z stdout P x',
  '<14>x',
  '{"a":1}',
]

for (const line of none) test(`${JSON.stringify(line)} has no header`, () => assert.equal(lineHeader(line), null))
